// The notices about removals that are held, and about settings that are probably not meant so.

// fill makes an element hold one child for each text.
function fill(element, tag, texts) {
  const wanted = texts.join('\n');
  if (element.dataset.of === wanted) return;
  element.dataset.of = wanted;
  element.replaceChildren(...texts.map((text) => {
    const child = document.createElement(tag);
    child.textContent = text;
    return child;
  }));
}

const heldStacks = () => snapshot.entries.filter((s) => s.held);

function renderHeld() {
  const held = heldStacks();
  show($('held'), held.length > 0);
  say($('held-title'), held.length === 1 ? 'One removal is held' : `${count(held.length)} removals are held`);
  fill($('held-reasons'), 'p', [...new Set(held.map((s) => s.held))].slice(0, words.reasons));
  const paths = held.slice(0, words.paths).map((s) => s.path);
  if (held.length > paths.length) paths.push(`and ${count(held.length - paths.length)} more`);
  fill($('held-paths'), 'li', paths);
  show($('release-ask'), $('release').hidden);
  if (!$('release').hidden && seenHeld !== heldKey(held)) closeRelease(); // what was read is not what is held now
  fill($('hints'), 'p', snapshot.hints);
  show($('hints'), snapshot.hints.length > 0);
}
