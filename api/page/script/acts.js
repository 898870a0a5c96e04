// The actions of a person: refresh, filter, copy.

let refreshing = false;
let toldOf = ''; // the refresh that the outcome is about, or 'none'; empty when there is no outcome
let readUntil = 0; // when a person has had the time to read that, by performance.now()

// conclude shows an outcome. It disappears when a later refresh has ended, but not before a person could read it.
function conclude(text, id = 'none') {
  say($('outcome'), text);
  toldOf = id;
  readUntil = performance.now() + 10000;
}

async function refresh(event) {
  event.preventDefault();
  if (refreshing) return;
  refreshing = true;
  put($('ask'), 'busy', 'yes');
  $('ask-button').setAttribute('aria-disabled', 'true');
  say($('outcome'), 'Asking Git …');
  try {
    let { body: r } = await ask('api/v1/refresh?wait=10s', { method: 'POST', wait: 10 });
    hurry();
    while (r.status === 'refreshing' || r.status === 'queued') {
      await pause(500);
      r = (await ask(`api/v1/refreshes/${encodeURIComponent(r.id)}`)).body;
    }
    conclude(r.error ? `The refresh failed: ${titleOf(r.error)}.` : `Refreshed in ${took(r)}: ${outcome(r)}.`, r.id);
  } catch (error) {
    const why = error instanceof Refused ? error.message : 'mooring does not answer';
    conclude(`There was no refresh: ${why.replace(/\.$/, '')}.`);
  }
  hurry();
  refreshing = false;
  put($('ask'), 'busy', '');
  $('ask-button').removeAttribute('aria-disabled');
}

// filter renders at most once a frame, however fast a person types. It changes the page's address when they pause, so
// that the address can be shared; browsers limit how often it may change.
let frame = 0;
let timer = 0;
function filter(event) {
  event.preventDefault();
  limit = words.rows;
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(renderStacks);
  clearTimeout(timer);
  timer = setTimeout(() => {
    const { show: kind, search } = selection();
    const query = new URLSearchParams();
    if (kind !== 'all') query.set('show', kind);
    if (search) query.set('q', search);
    history.replaceState(null, '', String(query) ? `?${query}` : location.pathname);
  }, 300);
}

// copy puts the revision on the clipboard. navigator.clipboard needs a secure origin, and mooring is often reached by
// plain HTTP inside a network.
async function copy() {
  const revision = $('revision').querySelector('code').title;
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(revision);
    } else {
      const field = document.createElement('textarea');
      field.value = revision;
      $('copy').after(field);
      field.select();
      document.execCommand('copy');
      field.remove();
      $('copy').focus();
    }
    conclude('The revision is copied.');
  } catch {
    conclude(`The browser does not let this page copy: ${revision}`);
  }
}
