// The release of held removals, in two steps: the first one opens a form that says what will happen, the second one sends
// it. The token stays in the page's memory and is in no storage.

const mostOfABody = 64 * 1024; // bytes that the service takes

let token = '';
let seenHeld = ''; // what was held when the form was opened

const heldKey = (held) => [snapshot.revision, ...held.map((s) => s.path)].join('\n');

function openRelease() {
  const held = heldStacks();
  seenHeld = heldKey(held);
  const which = held.length === 1 ? 'this stack' : `these ${count(held.length)} stacks`;
  say($('release-what'), `Deployers will take ${which} down. This cannot be undone here: to keep a stack, bring it back in Git.`);
  say($('release-answer'), '');
  show($('release'), true);
  show($('release-ask'), false);
  $('release-no').focus();
}

function closeRelease() {
  const hadFocus = $('release').contains(document.activeElement);
  show($('release'), false);
  show($('release-ask'), true);
  if (hadFocus) $('release-ask').focus();
}

let releasing = false;
async function release(event) {
  event.preventDefault();
  if (releasing) return;
  releasing = true;
  token = $('token').value || token;
  say($('release-answer'), 'Releasing …');
  const [revision, ...paths] = seenHeld.split('\n');
  let asked = JSON.stringify({ revision, paths });
  if (new Blob([asked]).size > mostOfABody) asked = JSON.stringify({ revision }); // all that is held at this revision
  try {
    const { body } = await ask('api/v1/removals', {
      method: 'POST', body: asked,
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    });
    closeRelease();
    $('token').value = '';
    conclude(body.released.length === 1 ? 'One removal is released.' : `${count(body.released.length)} removals are released.`);
  } catch (error) {
    const code = error instanceof Refused ? error.code : '';
    if (code === 'missing_token' || code === 'invalid_token') {
      token = '';
      $('token').value = '';
      show($('release-token'), true);
      $('token').focus();
    }
    const why = error instanceof Refused ? error.message : 'mooring does not answer';
    say($('release-answer'), `Nothing is released: ${why.replace(/\.$/, '')}.`);
  }
  releasing = false;
}
