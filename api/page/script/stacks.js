// The list of stacks: the filter, the search, the groups and their rows.

let snapshot = null;
let limit = words.rows;
const rows = new Map(); // by kind and path
const lists = new Map(['failed', 'held', 'gone', 'behind', 'skipped', 'synced'].map((key) => [key, $(`group-${key}`)]));

const hasFailed = (s) => s.status === 'missing' && Boolean(s.last_sync) && s.last_sync.outcome === 'failed';
const markOf = (s) => s.held ? 'held' : hasFailed(s) ? 'failed' : s.status === 'synced' && !s.in_sync ? 'outdated'
  : s.status === 'missing' && s.applied_hash ? 'uncertain' : s.status;
const groupOf = (s) => s.reason !== undefined ? 'skipped' : s.held ? 'held' : hasFailed(s) ? 'failed'
  : s.status === 'deleting' ? 'gone' : s.in_sync ? 'synced' : 'behind';
const keyOf = (s) => (s.reason !== undefined ? 'skipped ' : 'stack ') + s.path;

function keeps(filter, s) {
  switch (filter) {
    case 'all': return true;
    case 'behind': return s.in_sync === false;
    case 'skipped': return s.reason !== undefined;
    default: return s.status === filter;
  }
}

function fillStack(row, s) {
  const mark = markOf(s);
  put(row, 'mark', mark);
  say(part(row, 'path'), s.path);
  say(part(row, 'status'), s.status);
  say(part(row, 'note'), words.notes[mark] || '');
  say(part(row, 'short'), short(s.hash));
  part(row, 'short').title = s.hash;
  date(part(row, 'since'), s.status_changed_at);
  say(part(row, 'why'), hasFailed(s) && s.last_sync.message || '');
  say(part(row, 'file'), s.path === '.' ? s.compose_file : `${s.path}/${s.compose_file}`);
  say(part(row, 'hash'), s.hash);
  say(part(row, 'applied'), s.applied_hash || 'none');
  say(part(row, 'tree'), s.tree || 'not known');
  say(part(row, 'applied-tree'), s.applied_tree || 'not told');
  say(part(row, 'attempt'), attempt(s.last_sync));
  show(row.querySelector('[data-fact="attempt"]'), s.last_sync);
  say(part(row, 'sync'), s.in_sync ? 'yes' : 'no');
  part(row, 'made-ask').setAttribute('href', contentsAddress(s.path));
  say(part(row, 'changed'), utc(s.status_changed_at));
}

// attempt tells of the last attempt to apply a stack.
function attempt(sync) {
  if (!sync) return '';
  const outcome = sync.outcome || (sync.finished_at ? 'ended' : 'began');
  return `${outcome} ${utc(sync.finished_at || sync.started_at)}`
    + (sync.revision ? `, revision ${short(sync.revision)}` : '') + (sync.target ? `, on ${sync.target}` : '');
}

function fillSkipped(row, s) {
  say(part(row, 'path'), s.path);
  say(part(row, 'reason'), s.reason);
}

const blank = (id) => $(id).content.firstElementChild.cloneNode(true);

// rowOf returns the row of a stack or of a skipped file, and brings it up to date.
function rowOf(s) {
  const key = keyOf(s);
  const known = rows.get(key);
  if (known && known.of === s) return known.row;
  const skipped = s.reason !== undefined;
  const row = known ? known.row : blank(skipped ? 'skipped-row' : 'stack-row');
  (skipped ? fillSkipped : fillStack)(row, s);
  rows.set(key, { row, of: s });
  return row;
}

// arrange makes a list hold these rows in this order. It does not move a row that is in its place, so that the focus
// stays and open rows stay open.
function arrange(list, wanted) {
  const keep = new Set(wanted);
  for (const row of [...list.children]) if (!keep.has(row)) row.remove();
  let at = list.firstElementChild;
  for (const row of wanted) {
    if (row === at) at = at.nextElementSibling;
    else list.insertBefore(row, at);
  }
}

function selection() {
  return { show: $('filter').elements.show.value, search: $('search').value.trim() };
}

function renderStacks() {
  if (!snapshot) return;
  const { show: filter, search } = selection();
  const needle = search.toLowerCase();
  const groups = new Map([...lists.keys()].map((key) => [key, []]));
  let matching = 0;
  for (const s of snapshot.entries) {
    if (keeps(filter, s) && s.folded.includes(needle)) {
      groups.get(groupOf(s)).push(s);
      matching++;
    }
  }
  const focused = document.activeElement;
  let room = limit;
  for (const [key, found] of groups) {
    const group = lists.get(key);
    const shown = found.slice(0, room);
    room -= shown.length;
    arrange(group.querySelector('ul'), shown.map(rowOf));
    say(group.querySelector('b'), count(found.length));
    show(group, found.length > 0);
  }
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  const narrowed = filter !== 'all' || search !== '';
  say($('found'), narrowed ? `${count(matching)} found` : '');
  say($('none'), words.none[narrowed ? 'narrowed' : snapshot.revision ? 'empty' : 'unknown']);
  show($('none'), matching === 0);
  show($('more'), matching > limit);
  say($('shown'), count(Math.min(limit, matching)));
  say($('matching'), count(matching));
}

const same = (a, b) => a.status === b.status && a.hash === b.hash && a.applied_hash === b.applied_hash &&
  a.status_changed_at === b.status_changed_at && a.compose_file === b.compose_file && a.reason === b.reason &&
  a.tree === b.tree && a.applied_tree === b.applied_tree && a.held === b.held &&
  JSON.stringify(a.last_sync) === JSON.stringify(b.last_sync);

function takeSnapshot(next) {
  const entries = [];
  const known = new Set();
  for (const s of [...next.stacks, ...next.skipped]) {
    const key = keyOf(s);
    const old = rows.get(key);
    known.add(key);
    if (old && old.of && same(old.of, s)) {
      entries.push(old.of);
    } else {
      s.folded = s.path.toLowerCase();
      entries.push(s);
    }
  }
  for (const key of rows.keys()) if (!known.has(key)) rows.delete(key);
  snapshot = { revision: next.revision, changedAt: next.refreshed_at, commit: next.commit, hints: next.hints, entries };
  snapshot.tally = tallyOf(next);
  renderCounts();
  renderStacks();
  renderState();
  renderHeld();
}

function tallyOf({ stacks, skipped }) {
  const tally = {
    all: stacks.length, behind: 0, missing: 0, syncing: 0, synced: 0, deleting: 0, skipped: skipped.length, failed: 0, held: 0,
  };
  for (const s of stacks) {
    tally[s.status]++;
    if (!s.in_sync) tally.behind++;
    if (s.held) tally.held++;
    else if (hasFailed(s)) tally.failed++;
  }
  return tally;
}

function renderCounts() {
  for (const label of document.querySelectorAll('[data-show]')) {
    say(label.querySelector('b'), count(snapshot.tally[label.dataset.show]));
  }
}
