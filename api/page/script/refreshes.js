// The last refreshes. Consecutive polls with the same result share one row of the list.

const changes = (r) => r.changes || { added: [], changed: [], removed: [], touched: [] };
const changed = (r) => Object.values(changes(r)).reduce((sum, paths) => sum + paths.length, 0);

// alike tells whether two refreshes are polls with the same result.
function alike(a, b) {
  const ended = a.status === 'completed' || a.status === 'failed';
  if (!ended || a.trigger.source !== 'poll' || b.trigger.source !== 'poll' || a.status !== b.status) return false;
  if (a.error) return a.error.code === b.error.code && a.error.message === b.error.message;
  return a.revision === b.revision && changed(a) === 0 && changed(b) === 0;
}

function outcome(r) {
  if (r.status === 'queued') return 'waits for the running one';
  if (r.status === 'refreshing') return 'is running';
  if (r.error) return titleOf(r.error);
  const parts = Object.entries(changes(r)).filter(([, paths]) => paths.length);
  return parts.map(([verb, paths]) => `${count(paths.length)} ${verb}`).join(', ') || 'nothing new';
}

function source(r) {
  return r.trigger.sender ? `${r.trigger.source} (${r.trigger.sender})` : r.trigger.source;
}

function took(r) {
  const ms = r.duration_ms;
  if (ms === undefined) return '';
  return ms < 1 ? 'under 1 ms' : ms < 1000 ? `${ms} ms` : `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
}

function fillRefresh(row, r, times) {
  row.dataset.id = r.id;
  put(row, 'status', r.status);
  say(part(row, 'status'), r.status);
  say(part(row, 'source'), source(r));
  say(part(row, 'times'), times > 1 ? `×${times}` : '');
  date(part(row, 'when'), r.finished_at || r.started_at || r.trigger.received_at);
  say(part(row, 'outcome'), outcome(r));
  say(part(row, 'took'), took(r));
  const facts = {
    error: r.error && r.error.message, code: r.error && r.error.code, revision: r.revision,
    expected: r.trigger.expected_revision, delivery: r.trigger.delivery,
    received: utc(r.trigger.received_at), started: utc(r.started_at), finished: utc(r.finished_at),
    replaces: r.replaces, id: r.id,
  };
  for (const [key, value] of Object.entries(facts)) {
    const fact = row.querySelector(`[data-fact="${key}"]`);
    say(fact.querySelector('dd'), value || '');
    show(fact, value);
  }
  for (const [verb, paths] of Object.entries(changes(r))) {
    const fact = row.querySelector(`[data-list="${verb}"]`);
    const texts = paths.slice(0, words.paths);
    if (paths.length > texts.length) texts.push(`and ${count(paths.length - texts.length)} more`);
    fact.querySelector('ul').replaceChildren(...texts.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }));
    show(fact, paths.length > 0);
  }
}

function renderRefreshes(list) {
  const told = [];
  for (const r of list) {
    const newest = told.at(-1);
    if (newest && alike(newest.r, r)) newest.ids.push(r.id);
    else told.push({ r, ids: [r.id] });
  }
  const ol = $('refreshes').querySelector('ol');
  const known = new Map([...ol.children].map((row) => [row.dataset.id, row]));
  arrange(ol, told.map(({ r, ids }) => {
    // The row of joined refreshes stays the same element when one more joins them: a person may have opened it.
    const row = ids.map((id) => known.get(id)).findLast(Boolean) || blank('refresh-row');
    fillRefresh(row, r, ids.length);
    return row;
  }));
}
