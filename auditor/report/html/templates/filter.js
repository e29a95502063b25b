// Narrows a list to the rows (data-row) whose text holds all words typed, accents aside, and that are of the kind chosen.
(() => {
  const plain = text => text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/g, 'd');
  for (const bar of document.querySelectorAll('[data-filter]')) {
    const rows = [...document.getElementById(bar.dataset.filter).querySelectorAll('[data-row]')].map(row => ({
      row, text: plain(row.textContent), kinds: row.dataset.row.split(' '),
    }));
    const folds = new Map([...document.getElementById(bar.dataset.filter).querySelectorAll('details')]
      .filter(fold => fold.querySelector('[data-row]')).map(fold => [fold, fold.open]));
    const find = bar.querySelector('input'), kind = bar.querySelector('select'), told = bar.querySelector('output');
    const narrow = () => {
      const words = plain(find.value).split(/\s+/).filter(Boolean);
      const wanted = kind ? kind.value : '';
      let shown = 0;
      for (const {row, text, kinds} of rows) {
        row.hidden = !(words.every(word => text.includes(word)) && (!wanted || kinds.includes(wanted)));
        shown += !row.hidden;
      }
      for (const [fold, open] of folds) {
        const found = [...fold.querySelectorAll('[data-row]')].some(row => !row.hidden);
        fold.hidden = !found;
        fold.open = words.length || wanted ? found : open;
      }
      const number = count => count.toLocaleString(document.documentElement.lang);
      told.textContent = words.length || wanted
        ? bar.dataset.told.replace('{shown}', number(shown)).replace('{all}', number(rows.length)) : '';
    };
    find.addEventListener('input', narrow);
    kind?.addEventListener('change', narrow);
    bar.hidden = false;
    narrow();
  }
})();
