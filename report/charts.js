// charts.js: how each chart draws the rows that data.sql read. Nothing is computed here but shares for the eye.
'use strict';

const dark = matchMedia('(prefers-color-scheme: dark)');
const narrow = matchMedia('(max-width: 600px)');
// the page's colours, light or dark, as its style sheet has them
const shade = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
let blue, teal, green, amber, red, rose, grey;
const read_shades = () => [blue, teal, green, amber, red, rose, grey] = ['blue', 'teal', 'green', 'amber', 'red', 'rose', 'grey'].map(shade);
const charts = Object.fromEntries(report.charts.map(chart => [chart.name, chart]));
const rows = name => charts[name].rows;
const column = (name, key) => rows(name).map(row => row[key]);

const percent = value => value == null ? '' : (100 * value).toFixed(0) + ' %';
const whole = value => value == null ? 'none' : Math.round(value).toLocaleString('en');
const short = value => {
	const size = Math.abs(value);
	return size >= 1e6 ? Number((value / 1e6).toFixed(1)) + 'M' : size >= 1e3 ? (value / 1e3).toFixed(0) + 'k' : String(Math.round(value * 100) / 100);
};
const quarter = day => day.slice(0, 4) + ' Q' + (1 + Math.floor((Number(day.slice(5, 7)) - 1) / 3));
const month = day => day.slice(0, 7);
const words = name => name.replaceAll('_', ' ');
// a name out of the tables, in a tooltip
const safe = name => echarts.format.encodeHTML(String(name));

const value_axis = (format, more) => ({ type: 'value', axisLabel: { formatter: format }, splitLine: { lineStyle: { color: shade('line') } }, ...more });
// along the bottom a phone has room for few labels
const bottom_axis = (format, more) => value_axis(format, { splitNumber: narrow.matches ? 2 : 5, ...more });
// points need no zero, bars do
const point_axis = format => bottom_axis(format, { scale: true });
const category_axis = (data, more) => ({ type: 'category', data, axisTick: { show: false }, axisLabel: { margin: 11 }, ...more });
// on a phone the legend takes more lines
const grid = (top = 40, top_narrow = top) => ({ left: 8, right: 26, top: narrow.matches ? top_narrow : top, bottom: 8, containLabel: true });
const bar = (name, data, color, more) => ({ name, type: 'bar', data, itemStyle: { color }, ...more });

// names down the left, one bar or point each
const name_axis = (data, more) => category_axis(data, { inverse: true, ...more, axisLabel: { interval: 0, lineHeight: 14, ...more?.axisLabel } });

// an estimate with its interval: two stacked areas, the lower one unseen; by default values below 0 stack apart
const band = (name, low, high, middle, label) => [
	{ name: 'low', type: 'line', data: column(name, low), stack: 'band', stackStrategy: 'all', lineStyle: { opacity: 0 }, symbol: 'none', tooltip: { show: false } },
	{ name: '95 % interval', type: 'line', data: rows(name).map(row => row[high] == null ? null : row[high] - row[low]), stack: 'band',
		stackStrategy: 'all', lineStyle: { opacity: 0 }, areaStyle: { color: blue, opacity: 0.25 }, itemStyle: { color: blue, opacity: 0.3 }, symbol: 'none', tooltip: { show: false } },
	{ name: label, type: 'line', data: column(name, middle), itemStyle: { color: blue }, lineStyle: { width: 2.5 }, symbolSize: 7 },
];

// a line over months or quarters with its interval
const band_chart = (name, key, label, axis, tooltip) => ({
	tooltip: { trigger: 'axis', formatter: points => tooltip(rows(name)[points[0].dataIndex]) },
	legend: { top: 4, data: [label, '95 % interval'] },
	grid: grid(),
	...axis,
	series: band(name, key + '_low', key + '_high', key, label),
});

// a line from low to high with an end at each, of rows [low, high, place]
const intervals = data => ({
	name: '95 % interval', type: 'custom', z: 3, encode: { x: [0, 1], y: 2 }, tooltip: { show: false }, itemStyle: { color: blue }, data,
	renderItem: (params, api) => {
		const [low, y] = api.coord([api.value(0), api.value(2)]);
		const [high] = api.coord([api.value(1), api.value(2)]);
		const line = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: blue, lineWidth: 2 } });
		return { type: 'group', children: [line(low, y, high, y), line(low, y - 4, low, y + 4), line(high, y - 4, high, y + 4)] };
	},
});

// one estimate per name, each with its interval
const interval_chart = (name, label, key, axis, format, tooltip) => ({
	tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: points => tooltip(rows(name)[points[0].dataIndex]) },
	grid: grid(14),
	xAxis: axis,
	yAxis: name_axis(rows(name).map(label), { axisLine: { show: false } }),
	series: [
		{ name: key, type: 'scatter', symbolSize: 9, itemStyle: { color: blue }, data: rows(name).map((row, i) => [row[key], i]),
			label: { show: true, position: 'top', distance: 6, color: shade('ink'), formatter: point => format(point.value[0]) } },
		intervals(rows(name).flatMap((row, i) => row[key + '_low'] == null ? [] : [[row[key + '_low'], row[key + '_high'], i]]))],
});

// from one amount to another, part by part; rows have part_name, amount, from_amount, to_amount
const waterfall = (name, colour, label) => ({
	tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: points => {
		const row = rows(name)[points[0].dataIndex];
		return `${safe(row.part_name)}: ${whole(row.amount)}` + (row.deal_count == null ? '' : `<br>${whole(row.deal_count)} deals`);
	} },
	grid: { ...grid(8), right: 96 },
	xAxis: bottom_axis(short),
	yAxis: name_axis(column(name, 'part_name')),
	series: [
		bar('from', rows(name).map(row => row.from_amount == null ? 0 : Math.min(row.from_amount, row.to_amount)), 'transparent', { stack: 'part', silent: true }),
		bar('amount', rows(name).map(row => ({ value: Math.abs(row.amount), itemStyle: { color: colour(row) } })), blue, {
			stack: 'part', barCategoryGap: '25%',
			label: { show: true, position: 'right', color: shade('ink'), formatter: point => label(rows(name)[point.dataIndex]) },
		})],
});

// bars of several kinds, stacked, over months, quarters or items
const stacked = (name, at, kinds, more) => {
	const places = [...new Set(column(name, at))];
	return {
		tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: whole },
		legend: { top: 4 },
		grid: grid(40, 64),
		xAxis: category_axis(places.map(more.place)),
		yAxis: value_axis(short),
		series: kinds.map(([label, fits, color]) => bar(label, places.map(place => rows(name).find(row => row[at] === place && fits(row))?.[more.value] ?? 0), color, { stack: 'kinds' })),
		...more.options,
	};
};

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
			yAxis: name_axis(column('segments', 'segment_name').map(words)),
			series: [bar('share of customers', column('segments', 'customer_rate'), grey), bar('share of revenue', column('segments', 'total_amount_rate'), blue)],
		};
	},
	grid() {
		const scores = [1, 2, 3, 4, 5];
		const cells = rows('grid').map(row => [row.frequency_score - 1, row.recency_score - 1, row.customer_count, row.total_amount]);
		return heat({ data: scores, name: 'frequency score' }, { data: scores, name: 'recency score' }, cells, [0, Math.max(...cells.map(cell => cell[2]))],
			cell => whole(cell.value[2]), cell => `${whole(cell.value[2])} customers, revenue ${short(cell.value[3])}`);
	},
	funnel() {
		const part = (name, key, color) => bar(name, column('funnel', key), color, { stack: 'step' });
		const reached = row => row.step_rate == null ? 'won' : percent(row.step_rate) + ' go on';
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: whole },
			legend: { top: 4 },
			grid: { ...grid(40, 64), right: 90 },
			xAxis: bottom_axis(short),
			yAxis: name_axis(column('funnel', 'step_name')),
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
	waterfall() {
		const colors = { opening: blue, closing: blue, won: green, created: teal, reopened: teal, increased: teal, pushed: grey, 'pulled in': grey };
		return waterfall('waterfall', row => colors[row.part_name] ?? red, row => `${short(row.amount)} (${whole(row.deal_count)})`);
	},
	chances() {
		return interval_chart('chances', row => row.stage_name, 'chance_rate', bottom_axis(percent), percent,
			row => `${safe(row.stage_name)}: ${percent(row.chance_rate)} (${percent(row.chance_rate_low)} to ${percent(row.chance_rate_high)})<br>${whole(row.visit_count)} deals entered it`);
	},
	forecast() {
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: points => {
				const row = rows('forecast')[points[0].dataIndex];
				return `${month(row.won_month)}: ${whole(row.expected_amount)}<br>${row.expected_won_count.toFixed(1)} deals won`;
			} },
			grid: grid(14),
			xAxis: category_axis(column('forecast', 'won_month').map(month)),
			yAxis: value_axis(short),
			series: [bar('expected', column('forecast', 'expected_amount'), blue, { barCategoryGap: '35%' })],
		};
	},
	credits() {
		const names = [...new Set(column('credits', 'channel_name'))];
		const of_model = model => rows('credits').filter(row => row.model_name === model);
		const models = [['first', amber, 'triangle'], ['last_non_direct', red, 'diamond'], ['shapley', teal, 'rect'], ['markov_1', blue, 'circle']];
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: points => {
				const name = points[0].axisValue;
				return [safe(name), ...rows('credits').filter(row => row.channel_name === name).map(row =>
					`${safe(words(row.model_name))}: ${percent(row.credit_rate)}` + (row.credit_rate_low == null ? '' : ` (${percent(row.credit_rate_low)} to ${percent(row.credit_rate_high)})`))].join('<br>');
			} },
			legend: { top: 4, data: models.map(([model]) => words(model)) },
			grid: grid(40, 64),
			xAxis: bottom_axis(percent),
			yAxis: name_axis(names),
			series: [
				intervals(of_model('markov_1').filter(row => row.credit_rate_low != null).map(row => [row.credit_rate_low, row.credit_rate_high, names.indexOf(row.channel_name)])),
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
				return `${month(row.rated_month)}: ${whole(row.nps_score)} (${whole(row.nps_score_low)} to ${whole(row.nps_score_high)})<br>`
					+ `${row.response_count} of ${row.asked_count} answered<br>`
					+ (row.is_clear == null ? 'no month before' : `${whole(row.nps_difference_score)} from the month before, ${row.is_clear ? 'clear' : 'not clear'}`);
			} },
			legend: { top: 4, data: ['NPS', '95 % interval'] },
			grid: grid(),
			xAxis: category_axis(column('nps', 'rated_month').map(month), { axisLine: { onZero: false } }),
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
				part('contraction', 'contraction_amount', rose), part('churn', 'churn_amount', red),
				{ name: 'closing', type: 'line', yAxisIndex: 1, data: column('bridge', 'closing_amount'), itemStyle: { color: shade('ink') }, symbol: 'none' }],
		};
	},
	renewals() {
		return band_chart('renewals', 'renewal_rate', 'renewal rate', { xAxis: category_axis(column('renewals', 'period_date').map(quarter)), yAxis: value_axis(percent, { max: 1 }) },
			row => `${quarter(row.period_date)}: ${percent(row.renewal_rate)} (${percent(row.renewal_rate_low)} to ${percent(row.renewal_rate_high)})<br>`
				+ `${row.renewed_count} of ${row.renewed_count + row.lapsed_count} renewed`);
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
				return `renewal ${row.renewal_index}: ${percent(row.survival_rate)}, ${whole(row.at_risk_count)} came so far`;
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
			{ xAxis: Number(cliff.from_quantity), name: `take ${whole(cliff.better_quantity)}` }, { xAxis: Number(cliff.to_quantity) }]);
		return {
			tooltip: { trigger: 'axis', formatter: points => `${whole(points[0].value[0])} calls: ${points[0].value[1].toLocaleString('en')} CNY` },
			grid: { ...grid(), bottom: 24 },
			xAxis: value_axis(short, { name: 'calls', nameLocation: 'middle', nameGap: 26, max: 150000 }),
			yAxis: value_axis(short, { name: 'CNY' }),
			series: [{
				type: 'line', symbol: 'none', data: rows('tariff').map(row => [row.quantity, Number(row.price)]), itemStyle: { color: blue }, lineStyle: { width: 2.5 },
				markArea: { itemStyle: { color: red, opacity: 0.15 }, label: { color: red, position: ['10%', 8], align: 'left' }, data: cliffs },
			}],
		};
	},
	active() {
		const moves = [['new', row => row.new_count, teal], ['returned', row => row.returned_count, green], ['gone quiet', row => -row.dormant_count, red]];
		return {
			tooltip: { trigger: 'axis', valueFormatter: whole },
			legend: { top: 4 },
			grid: grid(60, 96),
			xAxis: category_axis(column('active', 'period_date').map(month)),
			yAxis: [value_axis(short, { name: 'movements' }), value_axis(short, { name: 'active', splitLine: { show: false } })],
			series: [...moves.map(([label, value, color]) => bar(label, rows('active').map(value), color, { stack: 'moves' })),
				{ name: 'active', type: 'line', yAxisIndex: 1, data: column('active', 'closing_count'), itemStyle: { color: shade('ink') }, symbol: 'none' }],
		};
	},
	together() {
		return interval_chart('together', row => `${row.item_a_name}\n${row.item_b_name}`, 'lift_ratio', bottom_axis(value => value + ' ×'), value => value.toFixed(1) + ' ×',
			row => `${safe(row.item_a_name)} with ${safe(row.item_b_name)}: ${row.lift_ratio.toFixed(2)} (${row.lift_ratio_low.toFixed(2)} to ${row.lift_ratio_high.toFixed(2)})<br>`
				+ `${whole(row.both_count)} orders hold both, ${percent(row.attach_rate)} of those with the first`);
	},
	unit() {
		return {
			tooltip: { trigger: 'axis', formatter: points => `${whole(points[0].value[0])} calls: ${points[0].value[1].toFixed(2)} CNY for 1,000` },
			grid: { ...grid(), bottom: 24 },
			xAxis: value_axis(short, { name: 'calls', nameLocation: 'middle', nameGap: 26, max: 150000 }),
			yAxis: value_axis(value => value.toFixed(1), { name: 'CNY', min: 0 }),
			series: [{ type: 'line', symbol: 'none', data: rows('unit').map(row => [row.quantity, row.unit_price]), itemStyle: { color: blue }, lineStyle: { width: 2.5 } }],
		};
	},
	usage() {
		const items = [...new Set(column('usage', 'item_key'))];
		return stacked('usage', 'quarter_date', items.map((item, i) => [item, row => row.item_key === item, [blue, teal, amber, green, red, grey][i % 6]]), { place: quarter, value: 'amount' });
	},
	bill() {
		const kinds = [['tier', 'tiers', blue], ['flat_fee', 'flat fees', amber], ['minimum', 'up to the minimum', red]];
		return stacked('bill', 'item_key', kinds.map(([kind, label, color]) => [label, row => row.kind_name === kind, color]), { place: item => item, value: 'amount',
			options: { xAxis: bottom_axis(short), yAxis: name_axis([...new Set(column('bill', 'item_key'))]) } });
	},
	causes() {
		return waterfall('causes', row => ['a year before', 'now'].includes(row.part_name) ? blue : row.amount < 0 ? red : teal,
			row => (row.from_amount === 0 || row.amount < 0 ? '' : '+') + short(row.amount));
	},
	factors() {
		const colors = { 'new customers': teal, 'lost customers': red, frequency: amber, 'order value': blue };
		return stacked('factors', 'period_date', Object.entries(colors).map(([factor, color]) => [factor, row => row.factor_name === factor, color]), { place: month, value: 'effect_amount' });
	},
	target() {
		const line = (name, key, color, type) => ({ name, type: 'line', data: column('target', key), itemStyle: { color }, lineStyle: { type, width: 2 }, symbol: 'none' });
		return {
			tooltip: { trigger: 'axis', valueFormatter: whole },
			legend: { top: 4 },
			grid: grid(40, 64),
			xAxis: category_axis(column('target', 'period_date').map(month)),
			yAxis: value_axis(short),
			series: [bar('GMV', column('target', 'gmv_amount'), blue), line('a year before', 'year_gmv_amount', amber, 'solid'), line('target', 'target_amount', shade('ink'), 'dashed')],
		};
	},
	movers() {
		const kinds = [['new', teal], ['lost', red], ['stayed', blue]];
		return stacked('movers', 'period_date', kinds.map(([kind, color]) => [kind, row => row.status_name === kind, color]), { place: month, value: 'change_amount' });
	},
	valid() {
		return band_chart('valid', 'valid_rate', 'valid', { xAxis: category_axis(column('valid', 'period_date').map(month)), yAxis: value_axis(percent, { min: 0 }) },
			row => `${month(row.period_date)}: ${percent(row.valid_rate)} (${percent(row.valid_rate_low)} to ${percent(row.valid_rate_high)})<br>`
				+ `${row.valid_count} of ${row.valid_count + row.invalid_count}; ${row.pending_count + row.overdue_count} are not decided<br>`
				+ `once they are: ${percent(row.floor_rate)} to ${percent(row.ceiling_rate)}`);
	},
	criteria() {
		return interval_chart('criteria', row => row.criterion_name, 'pass_rate', point_axis(percent), percent,
			row => `${safe(row.criterion_name)}: ${percent(row.pass_rate)} (${percent(row.pass_rate_low)} to ${percent(row.pass_rate_high)})<br>`
				+ `${whole(row.passed_count)} pass, ${whole(row.failed_count)} fail, ${whole(row.unknown_count)} are not checked`);
	},
	word() {
		const generation = row => row.generation_index === 0 ? 'came alone' : row.generation_index === 1 ? 'brought by them' : `generation ${row.generation_name}`;
		return interval_chart('word', generation, 'mature_k_ratio', bottom_axis(value => value.toFixed(2)), value => value.toFixed(3),
			row => `${safe(generation(row))}: ${whole(row.mature_child_count)} by ${whole(row.mature_member_count)}`);
	},
	scores() {
		const colors = { unfavourable: red, neutral: grey, favourable: green };
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: points => {
				const row = rows('scores')[points[0].dataIndex];
				return `score ${row.rating_score}: ${whole(row.answer_count)}, ${percent(row.answer_rate)} (${percent(row.answer_rate_low)} to ${percent(row.answer_rate_high)})`;
			} },
			grid: { ...grid(24), bottom: 24 },
			xAxis: category_axis(column('scores', 'rating_score'), { name: 'score', nameLocation: 'middle', nameGap: 26, axisLabel: { interval: 0 } }),
			yAxis: value_axis(short),
			series: [bar('answers', rows('scores').map(row => ({ value: row.answer_count, itemStyle: { color: colors[row.kind_name] } })), blue, {
				barCategoryGap: '25%', label: { show: true, position: 'top', color: shade('ink'), fontSize: 11 } })],
		};
	},
	questions() {
		return interval_chart('questions', row => row.dimension_name, 'mean_score', point_axis(value => value.toFixed(1)), value => value.toFixed(2),
			row => `${safe(row.dimension_name)}: ${row.mean_score.toFixed(2)} (${row.mean_score_low.toFixed(2)} to ${row.mean_score_high.toFixed(2)})<br>${whole(row.response_count)} answers`);
	},
	sellers() {
		return interval_chart('sellers', row => narrow.matches ? row.subject_name.replace(' ', '\n') : row.subject_name, 'mean_score', point_axis(value => value.toFixed(1)), value => value.toFixed(1),
			row => `${safe(row.subject_name)}: ${row.mean_score.toFixed(2)}` + (row.mean_score_low == null ? '' : ` (${row.mean_score_low.toFixed(2)} to ${row.mean_score_high.toFixed(2)})`)
				+ `<br>${row.response_count} answers; its peers ${row.peer_mean_score.toFixed(2)}`);
	},
	met() {
		return band_chart('met', 'met_rate', 'in time', { xAxis: category_axis(column('met', 'period_date').map(month)), yAxis: value_axis(percent, { min: 0.5, max: 1 }) },
			row => `${month(row.period_date)}: ${percent(row.met_rate)} (${percent(row.met_rate_low)} to ${percent(row.met_rate_high)})<br>`
				+ `${whole(row.met_count)} of ${whole(row.met_count + row.missed_count)}; ${row.undecided_count} are not decided`);
	},
	curve() {
		const chart = band_chart('curve', 'done_rate', 'answered', {
			xAxis: category_axis(column('curve', 'hour_index'), { name: 'working hours', nameLocation: 'middle', nameGap: 26, boundaryGap: false }), yAxis: value_axis(percent, { min: 0, max: 1 }) },
			row => `within ${row.hour_index} hours: ${percent(row.done_rate)} (${percent(row.done_rate_low)} to ${percent(row.done_rate_high)})<br>${whole(row.waiting_count)} wait longer`);
		return { ...chart, grid: { ...grid(), bottom: 24 } };
	},
	agents() {
		return interval_chart('agents', row => row.agent_name, 'met_rate', point_axis(percent), percent,
			row => `${safe(row.agent_name)}: ${percent(row.met_rate)} (${percent(row.met_rate_low)} to ${percent(row.met_rate_high)})<br>${row.met_count} of ${row.decided_count} in time`);
	},
	responses() {
		return {
			tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: value => value.toFixed(1) + ' hours' },
			legend: { top: 4 },
			grid: grid(),
			xAxis: bottom_axis(value => value + ' h'),
			yAxis: name_axis(column('responses', 'owner_name')),
			series: [bar('half within', column('responses', 'median_hours'), blue), bar('nine of ten within', column('responses', 'p90_hours'), grey)],
		};
	},
};
