-- Visitors of a day who are taken for robots: they looked at very many products, or at some without a pause.
-- A visitor is a session, or a user without one. `limits` has one row, the shop's.
WITH looks AS (
    SELECT
        day, ts, event_id, product_id,
        CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END AS visitor
    FROM events
    WHERE product_id IS NOT NULL AND kind IN ('view', 'click')
),
paced AS (
    SELECT
        *,
        CASE
            WHEN ts - LAG(ts) OVER (PARTITION BY day, visitor ORDER BY ts, event_id) <= INTERVAL '1' SECOND THEN 1
            ELSE 0
        END AS quick
    FROM looks
),
visitors AS (
    SELECT
        day, visitor, COUNT(*) AS looks, COUNT(DISTINCT product_id) AS products, SUM(quick) AS quick,
        MIN(ts) AS first_at, MAX(ts) AS last_at
    FROM paced
    GROUP BY day, visitor
)
SELECT
    day,
    visitor,
    CAST(looks AS BIGINT) AS looks,
    CAST(products AS BIGINT) AS products,
    CASE WHEN looks > max_looks THEN 'many' ELSE 'quick' END AS reason
FROM visitors
CROSS JOIN limits
-- A log that knows days or minutes only has no pauses to tell.
WHERE looks > max_looks OR (looks >= quick_looks AND quick * 10 >= (looks - 1) * 9 AND last_at > first_at)
ORDER BY day, visitor
