// The requests to the service: the long poll for stacks, the short one for the state, and the reaction to no answer.

class Refused extends Error {
  code = ''; // of the service's error
}

const asking = new Set(); // requests of the loops

// ask sends a request and gives up after its wait and 15 s more. A request that follows the state also ends when the page
// is hidden. The header shows the service that its own page asks, whatever a proxy does to the name of the host.
async function ask(path, { wait = 0, follows = false, headers = {}, ...options } = {}) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), (wait + 15) * 1000);
  if (follows) asking.add(control);
  try {
    const response = await fetch(path, {
      ...options, headers: { 'Mooring-Page': 'yes', ...headers }, cache: 'no-store', signal: control.signal,
    });
    const told = Date.parse(response.headers.get('Date'));
    // The Date header has whole seconds, so a small difference means nothing.
    if (told) ahead = Math.abs(told - Date.now()) > 2000 ? told - Date.now() : 0;
    if (response.status === 304) return { response };
    const text = await response.text();
    let body = null;
    try { body = JSON.parse(text); } catch { /* not this service's answer */ }
    // A failed refresh (502) is an answer too. Any other bad status may come from a proxy.
    if (!body || !(response.ok || response.status === 502 && body.trigger)) {
      const refused = new Refused(body && body.error ? body.error.message : `the answer has status ${response.status}`);
      if (body && body.error) refused.code = body.error.code;
      throw refused;
    }
    return { response, body };
  } finally {
    clearTimeout(timer);
    asking.delete(control);
  }
}

// reached and lost show whether the service answers.
let heard = Date.now(); // when the service answered last, by this clock
let away = false;

function reached() {
  put($('link'), 'state', 'live');
  say($('link-text'), 'Live');
  show($('link-at'), false);
  if (away) conclude('mooring answers again.');
  away = false;
  heard = Date.now();
  show($('gone'), false);
}

function lost(error) {
  const why = error instanceof Refused ? `: ${error.message}` : '';
  away = true;
  put($('link'), 'state', 'gone');
  say($('link-text'), 'No answer');
  const since = new Date(heard + ahead).toISOString();
  say($('gone'), `mooring does not answer${why}. What you see is what it said at ${utc(since)}; `
    + 'this page asks again every few seconds.');
  show($('gone'), true);
}

let hurry = () => {};
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
const hurriedPause = (ms) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  hurry = () => { clearTimeout(timer); done(); };
});
const visible = () => new Promise((done) => {
  if (!document.hidden) return done();
  const seen = () => {
    if (document.hidden) return;
    document.removeEventListener('visibilitychange', seen);
    done();
  };
  document.addEventListener('visibilitychange', seen);
});

// follow repeats a step for ever; each step returns the pause before the next one. A hidden page asks nothing: a browser
// has few connections to a host, and the long polls of forgotten tabs would take them all.
async function follow(step, rest) {
  for (let failures = 0; ;) {
    await visible();
    try {
      await rest(await step());
      failures = 0;
    } catch (error) {
      if (document.hidden) continue;
      lost(error);
      await pause(Math.min(500 * 2 ** failures++, 4000));
    }
  }
}

// patience is how long to pause after a step that began then: at least the given time, and ten times as long as the step
// took, but not more than 10 s for that, so that a slow line is not kept busy.
const patience = (began, least) => Math.max(least, Math.min(10 * (performance.now() - began), 10000));

let etag = '';
async function followStacks() {
  const wait = etag ? 20 : 0; // many proxies give up after 30 s
  const { response, body } = await ask(`api/v1/stacks?wait=${wait}s`, {
    wait, follows: true, headers: etag ? { 'If-None-Match': etag } : {},
  });
  reached();
  if (!body) return 1000; // nothing new; a proxy may have answered at once instead of waiting
  const began = performance.now();
  takeSnapshot(body);
  etag = response.headers.get('ETag') || '';
  hurry(); // the state has most likely changed too
  return patience(began, 250);
}

let seen = '';
async function followStatus() {
  const began = performance.now();
  status = (await ask('api/v1/refresh', { follows: true })).body;
  reached();
  renderState();
  const ids = [status.queued, status.current, status.last].map((r) => r && r.id).join(' ');
  if (ids !== seen) {
    renderRefreshes((await ask(`api/v1/refreshes?limit=${words.history}`, { follows: true })).body.refreshes);
    seen = ids;
  }
  if (!refreshing && toldOf && status.last && status.last.id !== toldOf && performance.now() > readUntil) {
    say($('outcome'), '');
    toldOf = '';
  }
  // Ask again when the next refresh is due.
  const due = status.next_poll_at ? Date.parse(status.next_poll_at) - Date.now() - ahead + 200 : Infinity;
  const rest = status.current ? 500 : Math.min(Math.max(due, 500), 2500);
  return patience(began, rest);
}
