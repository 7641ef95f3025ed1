// charts.js: draws the rows that data.sql read. Nothing is computed here but shares for the eye.
'use strict';

const blue = '#2f6fab', teal = '#2a9d8f', green = '#6aa84f', amber = '#e0a030', red = '#c8553d', grey = '#a9b4bf';
const charts = Object.fromEntries(report.charts.map(chart => [chart.name, chart]));
const rows = name => charts[name].rows;
const column = (name, key) => rows(name).map(row => row[key]);

const percent = value => value == null ? '' : (100 * value).toFixed(0) + ' %';
const short = value => {
	const size = Math.abs(value);
	return size >= 1e6 ? (value / 1e6).toFixed(1) + 'M' : size >= 1e3 ? (value / 1e3).toFixed(0) + 'k' : String(Math.round(value * 100) / 100);
};
const quarter = day => day.slice(0, 4) + ' Q' + (1 + Math.floor((Number(day.slice(5, 7)) - 1) / 3));
const words = name => name.replaceAll('_', ' ');

const value_axis = (format, more) => ({ type: 'value', axisLabel: { formatter: format }, splitLine: { lineStyle: { color: '#e8ecf0' } }, ...more });
const category_axis = (data, more) => ({ type: 'category', data, axisTick: { show: false }, ...more });
const grid = { left: 8, right: 16, top: 40, bottom: 8, containLabel: true };
const bar = (name, data, color, more) => ({ name, type: 'bar', data, itemStyle: { color }, ...more });

// an estimate with its interval: two stacked areas, the lower one unseen
const band = (name, low, high, middle, label) => [
	{ name: 'low', type: 'line', data: column(name, low), stack: 'band', lineStyle: { opacity: 0 }, symbol: 'none', tooltip: { show: false } },
	{ name: '95 % interval', type: 'line', data: rows(name).map(row => row[high] == null ? null : row[high] - row[low]), stack: 'band',
		lineStyle: { opacity: 0 }, areaStyle: { color: blue, opacity: 0.15 }, itemStyle: { color: blue, opacity: 0.3 }, symbol: 'none', tooltip: { show: false } },
	{ name: label, type: 'line', data: column(name, middle), itemStyle: { color: blue }, lineStyle: { width: 2.5 }, symbolSize: 7 },
];

const heat = (x, y, cells, [least, most], label, tooltip) => ({
	tooltip: { formatter: tooltip },
	grid: { ...grid, top: 24, bottom: 24 },
	xAxis: category_axis(x.data, { name: x.name, nameLocation: 'middle', nameGap: 28 }),
	yAxis: category_axis(y.data, { inverse: y.inverse, name: y.name, nameTextStyle: { align: 'left' } }),
	visualMap: { show: false, dimension: 2, min: least, max: most, inRange: { color: ['#f6ece4', '#e9f1f7', '#6aa5d3'] } },
	series: [{ type: 'heatmap', data: cells, label: { show: true, formatter: label, fontSize: 11, color: '#1c2733' }, itemStyle: { borderColor: '#fff', borderWidth: 1 } }],
});

const options = {
	segments() {
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: percent },
			legend: { top: 4 },
			grid,
			xAxis: value_axis(percent),
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
			grid: { ...grid, right: 90 },
			xAxis: value_axis(short),
			yAxis: category_axis(column('funnel', 'step_name'), { inverse: true }),
			series: [part('took the next step', 'converted_count', blue), part('open', 'open_count', amber), part('lost', 'lost_count', red),
				{ ...part('out of time', 'expired_count', grey), label: { show: true, position: 'right', formatter: label => reached(rows('funnel')[label.dataIndex]) } }],
		};
	},
	channels() {
		const names = [...new Set(column('channels', 'dimension_name'))];
		const steps = [...new Set(column('channels', 'step_name'))];
		return {
			tooltip: { trigger: 'axis', valueFormatter: percent },
			legend: { top: 4 },
			grid,
			xAxis: category_axis(steps),
			yAxis: value_axis(percent),
			series: names.map((name, i) => ({
				name, type: 'line', symbolSize: 7, lineStyle: { width: 2 }, itemStyle: { color: [blue, amber, teal, red, green][i % 5] },
				data: rows('channels').filter(row => row.dimension_name === name).map(row => row.reached_rate),
			})),
		};
	},
	bridge() {
		const part = (name, key, color) => bar(name, column('bridge', key), color, { stack: 'moves' });
		return {
			tooltip: { trigger: 'axis', valueFormatter: short },
			legend: { top: 4 },
			grid: { ...grid, top: 60 },
			xAxis: category_axis(column('bridge', 'period_date').map(quarter)),
			yAxis: [value_axis(short, { name: 'movements' }), value_axis(short, { name: 'closing', splitLine: { show: false } })],
			series: [part('new', 'new_amount', teal), part('expansion', 'expansion_amount', green), part('reactivation', 'reactivation_amount', amber),
				part('contraction', 'contraction_amount', '#e6a08f'), part('churn', 'churn_amount', red),
				{ name: 'closing', type: 'line', yAxisIndex: 1, data: column('bridge', 'closing_amount'), itemStyle: { color: '#1c2733' }, symbol: 'none' }],
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
			grid,
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
			grid: { ...grid, bottom: 24 },
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
			grid: { ...grid, bottom: 24 },
			xAxis: value_axis(short, { name: 'calls', nameLocation: 'middle', nameGap: 26, max: 150000 }),
			yAxis: value_axis(short, { name: 'CNY' }),
			series: [{
				type: 'line', symbol: 'none', data: rows('tariff').map(row => [row.quantity, Number(row.price)]), itemStyle: { color: blue }, lineStyle: { width: 2.5 },
				markArea: { itemStyle: { color: red, opacity: 0.15 }, label: { color: red, position: ['10%', 8], align: 'left' }, data: cliffs },
			}],
		};
	},
};

document.getElementById('as_of').textContent = report.as_of;
// ?only=NAME shows one chart, for pictures
const only = new URLSearchParams(location.search).get('only');
document.documentElement.classList.toggle('single', only !== null);
let drawn = 0;
for (const chart of report.charts.filter(chart => options[chart.name] && (only ?? chart.name) === chart.name)) {
	const section = document.createElement('section');
	section.id = chart.name;
	for (const [tag, text] of [['h2', chart.title], ['p', chart.says]])
		section.appendChild(document.createElement(tag)).textContent = text;
	const place = section.appendChild(document.createElement('div'));
	place.className = 'chart';
	const details = section.appendChild(document.createElement('details'));
	details.appendChild(document.createElement('summary')).textContent = 'The query';
	details.appendChild(document.createElement('pre')).textContent = chart.query + ';';
	document.getElementById('charts').appendChild(section);

	const drawing = echarts.init(place, null, { renderer: 'svg' });
	drawing.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, aria: { enabled: true }, ...options[chart.name]() });
	addEventListener('resize', () => drawing.resize());
	drawn++;
}
// for who looks without eyes: make report checks it
document.body.dataset.drawn = drawn;
