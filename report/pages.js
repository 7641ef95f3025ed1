// pages.js: one page per family of questions, each with an address of its own behind #, and an overview.
// #pipeline is a page, #funnel the page with that chart. ?only=NAME shows one chart, for pictures;
// ?check draws every page in turn and tells the console what is wrong with it.
'use strict';

const ask = new URLSearchParams(location.search);
const only = ask.get('only');
const overview = { name: 'overview', title: 'Overview', asks: 'The main figure of each chart. Each leads to its chart and query.' };
const pages = [overview, ...report.pages];
const charts_of = page => report.charts.filter(chart => page && chart.page === page.name);
const wide = ['cohorts', 'nps', 'credits', 'sellers'], tall = ['waterfall', 'credits'];

const element = (tag, content, more) => {
	const made = Object.assign(document.createElement(tag), more);
	// a figure and its sign stay on one line
	made.append(...[content ?? []].flat().map(part => tag !== 'pre' && typeof part === 'string' ? part.replaceAll(/(\d) %/g, '$1\u00a0%') : part));
	return made;
};
const interval = ({ low, high }) => low == null ? [] : [element('span', `95 % interval ${low} to ${high}`, { className: 'interval' })];

// a chart, or why there is none
function card(chart) {
	const section = element('section', element('h2', chart.title), { id: chart.name });
	section.classList.toggle('wide', wide.includes(chart.name));
	section.classList.toggle('tall', tall.includes(chart.name));
	if (chart.number && chart.rows.length)
		section.append(element('p', [element('strong', chart.number.figure, { className: 'figure' }),
			element('span', [chart.number.meaning, ...interval(chart.number)], { className: 'meaning' })], { className: 'number' }));
	section.append(element('p', chart.says, { className: 'says' }),
		chart.rows.length ? element('div', null, { className: 'chart' }) : element('p', 'Nothing to draw. ' + chart.empty, { className: 'empty' }),
		element('details', [element('summary', 'Reads ' + chart.views + '; the query'), element('pre', chart.query + ';')]));
	return section;
}

// a family on the overview: its figures, each a way to its chart
function tile(page) {
	const line = chart => element('tr', [element('td', chart.rows.length && chart.number ? chart.number.figure : 'none'),
		element('td', chart.rows.length && chart.number ? [element('a', chart.number.meaning, { href: '#' + chart.name }), ...interval(chart.number)]
			: [element('a', chart.title, { href: '#' + chart.name }), ' ' + chart.empty])]);
	return element('section', [element('h2', element('a', page.title, { href: '#' + page.name })), element('p', page.asks, { className: 'says' }),
		element('table', element('tbody', charts_of(page).map(line)))]);
}

let drawings = [];
function draw() {
	drawings.forEach(drawing => drawing.dispose());
	read_shades();
	const theme = dark.matches && !document.documentElement.matches('.paper') ? 'dark' : null;
	drawings = [...document.querySelectorAll('.chart')].map(place => {
		const drawing = echarts.init(place, theme, { renderer: 'svg' });
		const option = options[place.parentNode.id]();
		drawing.setOption({ animation: false, backgroundColor: 'transparent', textStyle: { fontFamily: 'inherit' }, aria: { enabled: true },
			...option, tooltip: { confine: true, ...option.tooltip }, legend: option.legend && { itemWidth: 18, itemHeight: 10, ...option.legend } });
		return drawing;
	});
}

const current = () => {
	const name = decodeURIComponent(location.hash.slice(1));
	const chart = charts[name];
	return pages.find(page => page.name === (chart ? chart.page : name)) ?? overview;
};

function show(page) {
	document.title = `${page.title} · revops`;
	document.getElementById('title').textContent = page.title;
	document.getElementById('asks').textContent = page.asks;
	document.querySelectorAll('nav a').forEach(link => link.hash === '#' + page.name ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current'));
	document.getElementById('charts').replaceChildren(...page === overview ? report.pages.map(tile) : charts_of(page).map(card));
	draw();
}

function go() {
	show(current());
	const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
	if (place && place.matches('section')) place.scrollIntoView();
	else scrollTo(0, 0);
}

// Texts that are cut or lie on another one; a page that is wider than its window.
function faults(page) {
	const found = document.documentElement.scrollWidth > innerWidth ? [`${page}: the page is too wide`] : [];
	for (const text of document.querySelectorAll('h1, h2, p, td, nav a, summary, .figure, .interval'))
		if (text.scrollWidth > text.clientWidth + 1 && getComputedStyle(text).display !== 'inline' || text.getBoundingClientRect().right > innerWidth)
			found.push(`${page}: "${text.textContent}" is cut`);
	for (const place of document.querySelectorAll('.chart')) {
		const name = place.parentNode.id, svg = place.querySelector('svg'), frame = svg.getBoundingClientRect();
		if (!svg.querySelector('path')) found.push(`${name}: nothing is drawn`);
		const labels = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim()).map(text => ({ text: text.textContent, box: text.getBoundingClientRect() }));
		if (!labels.length) found.push(`${name}: no label`);
		labels.forEach(({ text, box }, i) => {
			if (/undefined|NaN|null|Infinity|…$|\.\.\.$/.test(text)) found.push(`${name}: the label "${text}"`);
			if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
				found.push(`${name}: "${text}" is cut`);
			for (const other of labels.slice(i + 1))
				if (Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left) > 2 && Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top) > 4)
					found.push(`${name}: "${text}" lies on "${other.text}"`);
		});
	}
	return found;
}

document.getElementById('as_of').textContent = report.as_of;
document.getElementById('pages').append(...pages.map(page => element('a', page.title, { href: '#' + page.name })));
if (only !== null) {
	document.documentElement.classList.add('single');
	document.getElementById('charts').append(card(charts[only]));
	draw();
} else if (ask.has('check')) {
	let drawn = 0;
	for (const page of pages) {
		show(page);
		drawn += drawings.length;
		faults(page.name).forEach(fault => console.error(fault));
	}
	console.log(`${drawn} charts drawn on ${pages.length} pages`);
} else {
	go();
	addEventListener('hashchange', go);
}
dark.addEventListener('change', draw);
narrow.addEventListener('change', draw);
addEventListener('resize', () => drawings.forEach(drawing => drawing.resize()));
// on paper, all of it
addEventListener('beforeprint', () => {
	if (only !== null) return;
	document.documentElement.classList.add('paper');
	document.getElementById('charts').replaceChildren(...report.pages.flatMap(page => [element('h1', page.title), ...charts_of(page).map(card)]));
	draw();
});
addEventListener('afterprint', () => {
	document.documentElement.classList.remove('paper');
	if (only === null) show(current());
});
