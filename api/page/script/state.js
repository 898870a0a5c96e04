// The first section of the page: the verdict, the failure, the revision, Git, and the running refresh.

let status = null;

const titleOf = (error) => words.failures[error.code] || words.failures.internal;

function verdict(failed) {
  const [sentence, tone] = withoutHeld(failed);
  const { held } = snapshot.tally;
  return snapshot.revision && held ? [`${sentence}, ${count(held)} held`, 'warn'] : [sentence, tone];
}

function withoutHeld(failed) {
  const t = snapshot.tally;
  if (!snapshot.revision) {
    return failed ? ['Nothing has been read from Git yet', 'bad'] : ['Reading Git for the first time', 'busy'];
  }
  if (t.all === 0) return ['Git has no stacks', 'none'];
  if (t.behind === 0) return [t.all === 1 ? 'The stack is in sync' : `All ${count(t.all)} stacks are in sync`, 'ok'];
  const bad = t.failed ? `, ${count(t.failed)} failed` : '';
  const go = t.deleting ? `, ${count(t.deleting)} must go` : '';
  return [`${count(t.behind)} of ${count(t.all)} stacks not in sync${bad}${go}`, 'warn'];
}

function renderState() {
  if (!snapshot || !status) return;
  const failure = status.last && status.last.error;
  const title = failure ? titleOf(failure) : '';
  const [sentence, tone] = verdict(Boolean(failure));
  say($('verdict'), sentence);
  put($('verdict'), 'tone', tone);
  document.title = `${title || sentence} · mooring`;

  show($('failure'), failure);
  if (failure) {
    say($('failure-title'), title);
    say($('failure-message'), failure.message);
    say($('failure-code'), failure.code);
    say($('failure-count'), count(status.consecutive_failures));
    show($('failure-row'), status.consecutive_failures > 1);
    date($('failure-at'), status.last.finished_at);
  }
  renderRevision(snapshot.revision);
  renderCommit(snapshot.commit);
  say($('source'), sourceLine(status.source));
  for (const [id, iso] of [
    ['confirmed', status.refreshed_at], ['changed', snapshot.changedAt],
    ['asked', status.last && status.last.finished_at],
  ]) {
    date($(id), iso);
    show($(id), iso);
  }
  say($('git'), title || (status.last ? 'Reachable' : 'No answer yet'));
  put($('git'), 'tone', failure ? 'bad' : status.last ? 'ok' : 'none');
  renderActivity();
}

function renderRevision(revision) {
  const value = $('revision');
  if (!revision) {
    say(value, 'none yet');
    show($('copy'), false);
    return;
  }
  let code = value.querySelector('code');
  if (!code) {
    code = document.createElement('code');
    value.replaceChildren(code);
  }
  say(code, short(revision));
  code.title = revision;
  show($('copy'), true);
}

function renderCommit(commit) {
  say($('subject'), commit ? commit.subject : '');
  show($('subject'), commit && commit.subject);
  show($('author'), commit);
  if (!commit) return;
  say($('author-name'), commit.author);
  date($('committed'), commit.committed_at);
}

// sourceLine tells in one line where stacks are read from.
const sourceLine = ({ url, ref, deploy_dir: dir }) => url ? [url, ref, ...(dir === '.' ? [] : [dir])].join(' · ') : '';

function renderActivity() {
  const { current, queued } = status;
  say($('activity'), current ? 'Refreshing' : 'Idle');
  put($('activity'), 'tone', current ? 'busy' : 'none');
  const at = current ? current.started_at : status.next_poll_at;
  say($('next-label'), current ? `${current.trigger.source}, started` : !at ? 'polling is off'
    : status.consecutive_failures ? 'next attempt' : 'next poll');
  show($('next'), at);
  $('next').toggleAttribute('data-due', !current); // when it is due, the page says now instead of an age
  date($('next'), at);
  show($('queued'), queued);
  if (queued) say($('queued-source'), queued.trigger.source);
}
