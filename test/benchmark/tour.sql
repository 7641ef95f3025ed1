-- The line of benchmark in the tour of make demo: a question, and the answer in a number.
-- page: benchmark
-- words: peers 行业对标
select 'Which agent wins most?' as question,
	format('%s: %s of %s, its peers %s %%', name, won, closed, round(100 * (r).peer_mean)) as answer
from (
	select *, benchmark_rank(won / closed::float8, closed) over () as r
	from (
		select name, count(*) filter (where current_stage = 'won') as won, count(*) as closed
		from deal join channel using (channel_no)
		where channel_type = 'agent' and deal_kind = 'new business' and closed_at >= '2024-07-01 00:00+00'
		group by name) a) x
order by (r).place, name collate "C"
limit 1;
