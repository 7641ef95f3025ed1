// charts.js: draws the rows that data.sql read. Nothing is computed here but shares for the eye.
'use strict';

const blue = '#2f6fab', teal = '#2a9d8f', green = '#6aa84f', amber = '#e0a030', red = '#c8553d', grey = '#a9b4bf';
// the page's colours, light or dark, as its style sheet has them
const dark = matchMedia('(prefers-color-scheme: dark)');
const narrow = matchMedia('(max-width: 600px)');
const shade = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const charts = Object.fromEntries(report.charts.map(chart => [chart.name, chart]));
const rows = name => charts[name].rows;
const column = (name, key) => rows(name).map(row => row[key]);

const percent = value => value == null ? '' : (100 * value).toFixed(0) + ' %';
const short = value => {
	const size = Math.abs(value);
	return size >= 1e6 ? Number((value / 1e6).toFixed(1)) + 'M' : size >= 1e3 ? (value / 1e3).toFixed(0) + 'k' : String(Math.round(value * 100) / 100);
};
const quarter = day => day.slice(0, 4) + ' Q' + (1 + Math.floor((Number(day.slice(5, 7)) - 1) / 3));
const words = name => name.replaceAll('_', ' ');

const value_axis = (format, more) => ({ type: 'value', axisLabel: { formatter: format }, splitLine: { lineStyle: { color: shade('line') } }, ...more });
// along the bottom a phone has room for few labels
const bottom_axis = format => value_axis(format, { splitNumber: narrow.matches ? 2 : 5 });
const category_axis = (data, more) => ({ type: 'category', data, axisTick: { show: false }, ...more });
// on a phone the legend takes more lines
const grid = (top = 40, top_narrow = top) => ({ left: 8, right: 16, top: narrow.matches ? top_narrow : top, bottom: 8, containLabel: true });
const bar = (name, data, color, more) => ({ name, type: 'bar', data, itemStyle: { color }, ...more });

// an estimate with its interval: two stacked areas, the lower one unseen; by default values below 0 stack apart
const band = (name, low, high, middle, label) => [
	{ name: 'low', type: 'line', data: column(name, low), stack: 'band', stackStrategy: 'all', lineStyle: { opacity: 0 }, symbol: 'none', tooltip: { show: false } },
	{ name: '95 % interval', type: 'line', data: rows(name).map(row => row[high] == null ? null : row[high] - row[low]), stack: 'band',
		stackStrategy: 'all', lineStyle: { opacity: 0 }, areaStyle: { color: blue, opacity: 0.25 }, itemStyle: { color: blue, opacity: 0.3 }, symbol: 'none', tooltip: { show: false } },
	{ name: label, type: 'line', data: column(name, middle), itemStyle: { color: blue }, lineStyle: { width: 2.5 }, symbolSize: 7 },
];

const heat = (x, y, cells, [least, most], label, tooltip) => ({
	tooltip: { formatter: tooltip },
	grid: { ...grid(y.name ? 36 : 12), bottom: 24 },
	xAxis: category_axis(x.data, { name: x.name, nameLocation: 'middle', nameGap: 28 }),
	yAxis: category_axis(y.data, { inverse: y.inverse, name: y.name, nameTextStyle: { align: 'left' } }),
	visualMap: { show: false, dimension: 2, min: least, max: most, inRange: { color: ['least', 'middle', 'most'].map(shade) } },
	series: [{ type: 'heatmap', data: cells, label: { show: !narrow.matches || x.data.length < 10, formatter: label, fontSize: 11, color: shade('ink') }, itemStyle: { borderColor: shade('card'), borderWidth: 1 } }],
});

const options = {
	segments() {
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: percent },
			legend: { top: 4 },
			grid: grid(),
			xAxis: bottom_axis(percent),
			yAxis: category_axis(column('segments', 'segment_name').map(words), { inverse: true }),
			series: [bar('share of customers', column('segments', 'customer_rate'), grey), bar('share of revenue', column('segments', 'total_amount_rate'), blue)],
		};
	},
	grid() {
		const scores = [1, 2, 3, 4, 5];
		const cells = rows('grid').map(row => [row.frequency_score - 1, row.recency_score - 1, row.customer_count, row.total_amount]);
		return heat({ data: scores, name: 'frequency score' }, { data: scores, name: 'recency score' }, cells, [0, Math.max(...cells.map(cell => cell[2]))],
			cell => cell.value[2], cell => `${cell.value[2]} customers, revenue ${short(cell.value[3])}`);
	},
	funnel() {
		const part = (name, key, color) => bar(name, column('funnel', key), color, { stack: 'step' });
		const reached = row => row.step_rate == null ? 'won' : percent(row.step_rate) + ' go on';
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
			legend: { top: 4 },
			grid: { ...grid(40, 64), right: 90 },
			xAxis: bottom_axis(short),
			yAxis: category_axis(column('funnel', 'step_name'), { inverse: true }),
			series: [part('took the next step', 'converted_count', blue), part('open', 'open_count', amber), part('lost', 'lost_count', red),
				{ ...part('out of time', 'expired_count', grey), label: { show: true, position: 'right', color: shade('ink'), formatter: label => reached(rows('funnel')[label.dataIndex]) } }],
		};
	},
	channels() {
		const names = [...new Set(column('channels', 'dimension_name'))];
		const steps = [...new Set(column('channels', 'step_name'))];
		return {
			tooltip: { trigger: 'axis', valueFormatter: percent },
			legend: { top: 4 },
			grid: grid(40, 64),
			xAxis: category_axis(steps),
			yAxis: value_axis(percent),
			series: names.map((name, i) => ({
				name, type: 'line', symbolSize: 7, lineStyle: { width: 2 }, itemStyle: { color: [blue, amber, teal, red, green][i % 5] },
				data: rows('channels').filter(row => row.dimension_name === name).map(row => row.reached_rate),
			})),
		};
	},
	pipeline() {
		const colors = { opening: blue, closing: blue, won: green, created: teal, reopened: teal, increased: teal, pushed: grey, 'pulled in': grey };
		const left = row => row.from_amount == null ? 0 : Math.min(row.from_amount, row.to_amount);
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: points => {
				const row = rows('pipeline')[points[0].dataIndex];
				return `${row.part_name}: ${row.amount.toLocaleString('en')}<br>${row.deal_count} deals`;
			} },
			grid: { ...grid(8), right: 96 },
			xAxis: bottom_axis(short),
			yAxis: category_axis(column('pipeline', 'part_name'), { inverse: true, axisLabel: { interval: 0 } }),
			series: [
				bar('from', rows('pipeline').map(left), 'transparent', { stack: 'part', silent: true }),
				bar('amount', rows('pipeline').map(row => ({ value: Math.abs(row.amount), itemStyle: { color: colors[row.part_name] ?? red } })), blue, {
					stack: 'part', barCategoryGap: '25%',
					label: { show: true, position: 'right', color: shade('ink'), formatter: label => {
						const row = rows('pipeline')[label.dataIndex];
						return `${short(row.amount)} (${row.deal_count})`;
					} },
				})],
		};
	},
	credits() {
		const names = [...new Set(column('credits', 'channel_name'))];
		const of_model = model => rows('credits').filter(row => row.model_name === model);
		const models = [['first', amber, 'triangle'], ['last_non_direct', red, 'diamond'], ['shapley', teal, 'rect'], ['markov_1', blue, 'circle']];
		// a line from low to high with an end at each
		const interval = (params, api) => {
			const [low, y] = api.coord([api.value(0), api.value(2)]);
			const [high] = api.coord([api.value(1), api.value(2)]);
			const line = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: blue, lineWidth: 2 } });
			return { type: 'group', children: [line(low, y, high, y), line(low, y - 4, low, y + 4), line(high, y - 4, high, y + 4)] };
		};
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: points => {
				const name = points[0].axisValue;
				return [name, ...rows('credits').filter(row => row.channel_name === name).map(row =>
					`${words(row.model_name)}: ${percent(row.credit_rate)}` + (row.credit_rate_low == null ? '' : ` (${percent(row.credit_rate_low)} to ${percent(row.credit_rate_high)})`))].join('<br>');
			} },
			legend: { top: 4, data: models.map(([model]) => words(model)) },
			grid: grid(40, 64),
			xAxis: bottom_axis(percent),
			yAxis: category_axis(names, { inverse: true, axisLabel: { interval: 0 } }),
			series: [
				{ name: '95 % interval', type: 'custom', z: 3, renderItem: interval, encode: { x: [0, 1], y: 2 }, tooltip: { show: false },
					data: of_model('markov_1').filter(row => row.credit_rate_low != null).map(row => [row.credit_rate_low, row.credit_rate_high, names.indexOf(row.channel_name)]) },
				...models.map(([model, color, symbol]) => ({ name: words(model), type: 'scatter', symbol, symbolSize: model === 'markov_1' ? 6 : 10, itemStyle: { color },
					data: of_model(model).map(row => [row.credit_rate, names.indexOf(row.channel_name)]) }))],
		};
	},
	nps() {
		const [low, high, middle] = band('nps', 'nps_score_low', 'nps_score_high', 'nps_score', 'NPS');
		const point = row => ({ value: row.nps_score, symbol: row.is_clear ? 'circle' : 'emptyCircle', symbolSize: row.is_clear ? 10 : narrow.matches ? 2 : 6 });
		return {
			tooltip: { trigger: 'axis', formatter: points => {
				const row = rows('nps')[points[0].dataIndex];
				const whole = value => value == null ? 'none' : value.toFixed(0);
				return `${row.rated_month.slice(0, 7)}: ${whole(row.nps_score)} (${whole(row.nps_score_low)} to ${whole(row.nps_score_high)})<br>`
					+ `${row.response_count} of ${row.asked_count} answered<br>`
					+ (row.is_clear == null ? 'no month before' : `${whole(row.nps_difference_score)} from the month before, ${row.is_clear ? 'clear' : 'not clear'}`);
			} },
			legend: { top: 4, data: ['NPS', '95 % interval'] },
			grid: grid(),
			xAxis: category_axis(column('nps', 'rated_month').map(day => day.slice(0, 7)), { axisLine: { onZero: false } }),
			yAxis: value_axis(short, { min: -100, max: 100 }),
			series: [low, high, { ...middle, showAllSymbol: true, data: rows('nps').map(point) }],
		};
	},
	bridge() {
		const part = (name, key, color) => bar(name, column('bridge', key), color, { stack: 'moves' });
		return {
			tooltip: { trigger: 'axis', valueFormatter: short },
			legend: { top: 4 },
			grid: grid(60, 96),
			xAxis: category_axis(column('bridge', 'period_date').map(quarter)),
			yAxis: [value_axis(short, { name: 'movements' }), value_axis(short, { name: 'closing', splitLine: { show: false } })],
			series: [part('new', 'new_amount', teal), part('expansion', 'expansion_amount', green), part('reactivation', 'reactivation_amount', amber),
				part('contraction', 'contraction_amount', '#e6a08f'), part('churn', 'churn_amount', red),
				{ name: 'closing', type: 'line', yAxisIndex: 1, data: column('bridge', 'closing_amount'), itemStyle: { color: shade('ink') }, symbol: 'none' }],
		};
	},
	renewals() {
		return {
			tooltip: { trigger: 'axis', formatter: points => {
				const row = rows('renewals')[points[0].dataIndex];
				return `${quarter(row.period_date)}: ${percent(row.renewal_rate)} (${percent(row.renewal_rate_low)} to ${percent(row.renewal_rate_high)})<br>`
					+ `${row.renewed_count} of ${row.renewed_count + row.lapsed_count} renewed`;
			} },
			legend: { top: 4, data: ['renewal rate', '95 % interval'] },
			grid: grid(),
			xAxis: category_axis(column('renewals', 'period_date').map(quarter)),
			yAxis: value_axis(percent, { max: 1 }),
			series: band('renewals', 'renewal_rate_low', 'renewal_rate_high', 'renewal_rate', 'renewal rate'),
		};
	},
	cohorts() {
		const cohorts = [...new Set(column('cohorts', 'cohort_date'))];
		const last = Math.max(...column('cohorts', 'period_index'));
		const cells = rows('cohorts').map(row => [row.period_index, cohorts.indexOf(row.cohort_date), row.retention_rate, row]);
		return heat({ data: [...Array(last + 1).keys()], name: 'quarters later' }, { data: cohorts.map(quarter), inverse: true }, cells, [0.5, 1],
			cell => (100 * cell.value[2]).toFixed(0),
			cell => `${cell.value[3].active_count} of ${cell.value[3].customer_count} customers, net revenue ${percent(cell.value[3].net_retention_rate)}`);
	},
	survival() {
		return {
			tooltip: { trigger: 'axis', formatter: points => {
				const row = rows('survival')[points[0].dataIndex];
				return `renewal ${row.renewal_index}: ${percent(row.survival_rate)}, ${row.at_risk_count} came so far`;
			} },
			legend: { top: 4, data: ['still renewed', '95 % interval'] },
			grid: { ...grid(), bottom: 24 },
			xAxis: category_axis(column('survival', 'renewal_index'), { name: 'renewal', nameLocation: 'middle', nameGap: 26, boundaryGap: false }),
			yAxis: value_axis(percent, { min: 0, max: 1 }),
			series: band('survival', 'survival_rate_low', 'survival_rate_high', 'survival_rate', 'still renewed').map(line => ({ ...line, step: 'end' })),
		};
	},
	tariff() {
		const cliffs = rows('cliffs').map(cliff => [
			{ xAxis: Number(cliff.from_quantity), name: `take ${(cliff.better_quantity).toLocaleString('en')}` }, { xAxis: Number(cliff.to_quantity) }]);
		return {
			tooltip: { trigger: 'axis', formatter: points => `${points[0].value[0].toLocaleString('en')} calls: ${points[0].value[1]}` },
			grid: { ...grid(), bottom: 24 },
			xAxis: value_axis(short, { name: 'calls', nameLocation: 'middle', nameGap: 26, max: 150000 }),
			yAxis: value_axis(short, { name: 'CNY' }),
			series: [{
				type: 'line', symbol: 'none', data: rows('tariff').map(row => [row.quantity, Number(row.price)]), itemStyle: { color: blue }, lineStyle: { width: 2.5 },
				markArea: { itemStyle: { color: red, opacity: 0.15 }, label: { color: red, position: ['10%', 8], align: 'left' }, data: cliffs },
			}],
		};
	},
};

// Labels that leave their drawing or lie on another one; a page that is wider than its window.
function faults() {
	const found = document.documentElement.scrollWidth > innerWidth ? ['the page is too wide'] : [];
	for (const svg of document.querySelectorAll('.chart svg')) {
		const name = svg.closest('section').id, frame = svg.getBoundingClientRect();
		const labels = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim()).map(text => ({ text: text.textContent, box: text.getBoundingClientRect() }));
		labels.forEach(({ text, box }, i) => {
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
// ?only=NAME shows one chart, for pictures
const only = new URLSearchParams(location.search).get('only');
document.documentElement.classList.toggle('single', only !== null);
const places = new Map();
for (const chart of report.charts.filter(chart => options[chart.name] && (only ?? chart.name) === chart.name)) {
	const section = document.createElement('section');
	section.id = chart.name;
	for (const [tag, text] of [['h2', chart.title], ['strong', chart.number], ['p', chart.says]])
		section.appendChild(document.createElement(tag)).textContent = text;
	const place = section.appendChild(document.createElement('div'));
	place.className = 'chart';
	places.set(chart.name, place);
	const details = section.appendChild(document.createElement('details'));
	details.appendChild(document.createElement('summary')).textContent = 'The query, of ' + chart.views;
	details.appendChild(document.createElement('pre')).textContent = chart.query + ';';
	document.getElementById('charts').appendChild(section);
}

let drawings = [];
function draw() {
	drawings.forEach(drawing => drawing.dispose());
	drawings = [...places].map(([name, place]) => {
		const drawing = echarts.init(place, dark.matches ? 'dark' : null, { renderer: 'svg' });
		drawing.setOption({ animation: false, backgroundColor: 'transparent', textStyle: { fontFamily: 'inherit' }, aria: { enabled: true }, ...options[name]() });
		return drawing;
	});
}
draw();
dark.addEventListener('change', draw);
narrow.addEventListener('change', draw);
addEventListener('resize', () => drawings.forEach(drawing => drawing.resize()));
// for who looks without eyes: make report reads the console
faults().forEach(fault => console.error(fault));
console.log(`${drawings.length} charts drawn`);
