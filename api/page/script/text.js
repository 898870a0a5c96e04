// Elements, texts and ages: the functions that every other part uses.

const $ = (id) => document.getElementById(id);
const words = JSON.parse($('words').textContent);
const count = (n) => n.toLocaleString('en');
const short = (text) => text.replace(/^sha256:/, '').slice(0, 12);
const utc = (iso) => iso ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC` : '';

// These change nothing if the element is right already: a change costs layout, and a screen reader reads it again.
const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const show = (element, shown) => { if (element.hidden === Boolean(shown)) element.hidden = !shown; };
const put = (element, name, value) => { if (element.dataset[name] !== value) element.dataset[name] = value; };
const part = (row, name) => row.querySelector(`[data-is="${name}"]`);

let ahead = 0; // how far the server's clock is ahead of this one's, in ms

function age(iso) {
  const seconds = Math.round((Date.now() + ahead - Date.parse(iso)) / 1000);
  const size = Math.abs(seconds);
  if (size < 1) return 'now';
  const text = size < 60 ? `${size} s` : size < 3600 ? `${Math.floor(size / 60)} min`
    : size < 172800 ? `${Math.floor(size / 3600)} h` : `${Math.floor(size / 86400)} days`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

function tell(time) {
  const iso = time.getAttribute('datetime');
  const due = iso && time.closest('#next[data-due]') && Date.parse(iso) < Date.now() + ahead;
  say(time, !iso ? 'never' : due ? 'now' : age(iso));
}

// date changes the time that an element shows.
function date(element, iso) {
  const time = element.querySelector('time');
  if (time.getAttribute('datetime') !== (iso || '')) {
    time.setAttribute('datetime', iso || '');
    time.title = iso ? new Date(iso).toLocaleString() : '';
  }
  tell(time);
}

// The times at the top are brought up to date each second, all others every ten.
let ticks = 0;
function tick() {
  const all = ticks++ % 10 === 0;
  for (const time of document.querySelectorAll(all ? 'time' : '#link time, #state time')) tell(time);
}
