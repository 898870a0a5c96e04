// The script starts here: it takes over the page that the server sent.

for (const row of document.querySelectorAll('#stacks li.row')) {
  rows.set((row.dataset.mark === 'skipped' ? 'skipped ' : 'stack ') + part(row, 'path').textContent, { row });
}
for (const time of document.querySelectorAll('time')) {
  const iso = time.getAttribute('datetime');
  if (iso) time.title = new Date(iso).toLocaleString();
}
limit = Math.max(limit, document.querySelectorAll('#stacks li.row').length);
tick();
setInterval(tick, 1000);
$('ask').addEventListener('submit', refresh);
show($('copy'), $('revision').querySelector('code'));
$('copy').addEventListener('click', copy);
show($('release-ask'), true);
$('release-ask').addEventListener('click', openRelease);
$('release-no').addEventListener('click', closeRelease);
$('release').addEventListener('submit', release);
$('filter').addEventListener('submit', filter);
$('filter').addEventListener('input', filter);
$('stacks').addEventListener('click', showContents);
$('more').querySelector('a').addEventListener('click', (event) => {
  event.preventDefault();
  limit += words.moreRows;
  renderStacks();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) for (const control of asking) control.abort();
});
follow(followStacks, pause);
follow(followStatus, hurriedPause);
