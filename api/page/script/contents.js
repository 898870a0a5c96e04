// What a stack is made of: asked for by a click, once for each.

const contentsAddress = (path) => `api/v1/stacks/${path.split('/').map(encodeURIComponent).join('/')}?inputs=true`;

async function showContents(event) {
  const link = event.target.closest('[data-is="made-ask"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window shows the JSON
  event.preventDefault();
  const row = link.closest('li.row');
  if (row.dataset.asking === 'yes') return;
  put(row, 'asking', 'yes');
  say(part(row, 'made-said'), 'Reading its files …');
  try {
    fillContents(row, (await ask(link.getAttribute('href'), { wait: 50 })).body);
  } catch (error) {
    const why = error instanceof Refused ? error.message : 'mooring does not answer';
    say(part(row, 'made-said'), `Its files are not known: ${why.replace(/\.$/, '')}.`);
    part(row, 'made-of').replaceChildren();
  }
  put(row, 'asking', '');
}

function fillContents(row, contents) {
  const at = `At revision ${short(contents.revision)}`;
  say(part(row, 'made-said'), contents.problem ? `${at}: ${contents.problem}` : `${at}, as the project ${contents.project}:`);
  part(row, 'made-of').replaceChildren(...(contents.inputs || []).map(({ path, use, kind, id }) => {
    const item = document.createElement('li');
    const name = document.createElement('code');
    const told = document.createElement('span');
    name.textContent = path;
    name.title = id;
    told.className = 'use';
    told.textContent = ` ${[words.uses[use] || use, words.kinds[kind]].filter(Boolean).join(', ')}`;
    item.append(name, told);
    return item;
  }));
  say(part(row, 'made-ask'), 'Read them again');
}
