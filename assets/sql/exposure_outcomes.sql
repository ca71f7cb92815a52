-- What each exposed user did in the attribution window, which begins at the exposure: purchases (order lines of kind
-- sale, and their revenue) and visits (any event), with the first of each.
WITH bought AS (
    SELECT u.unit_id, MIN(o.ts) AS first_sale, CAST(SUM(CAST(o.quantity * o.unit_price AS DECIMAL(18, 4))) AS DOUBLE) AS revenue
    FROM units AS u
    INNER JOIN orders AS o
        ON o.user_id = u.user_id AND o.ts >= u.ts AND o.ts < u.until AND o.kind = 'sale'
    GROUP BY u.unit_id
),
visited AS (
    SELECT u.unit_id, MIN(e.ts) AS first_event
    FROM units AS u
    INNER JOIN events AS e
        ON e.user_id = u.user_id AND e.ts >= u.ts AND e.ts < u.until
    GROUP BY u.unit_id
)
SELECT
    u.unit_id,
    CAST(CASE WHEN b.unit_id IS NULL THEN 0 ELSE 1 END AS TINYINT) AS purchase,
    CAST(CASE WHEN v.unit_id IS NULL THEN 0 ELSE 1 END AS TINYINT) AS visit,
    CAST(COALESCE(b.revenue, 0) AS DOUBLE) AS revenue,
    b.first_sale AS purchase_at,
    v.first_event AS visit_at
FROM units AS u
LEFT JOIN bought AS b ON b.unit_id = u.unit_id
LEFT JOIN visited AS v ON v.unit_id = u.unit_id
ORDER BY u.unit_id
