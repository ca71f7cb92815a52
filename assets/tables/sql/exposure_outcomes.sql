-- What each exposed user did in the attribution window, which begins at the exposure: purchases (net of what was sent
-- back or cancelled in the window) and visits (any event), with the first of each. A product that was wholly sent back
-- is no purchase; what was bought before the window and sent back within it does not count.
WITH of_products AS (
    SELECT
        u.unit_id, o.product_id,
        MIN(CASE WHEN o.kind = 'sale' THEN o.ts END) AS first_sale,
        SUM(CASE WHEN o.kind = 'sale' THEN CAST(o.quantity AS DECIMAL(18, 6)) ELSE 0 END) AS sold,
        SUM(CASE WHEN o.kind = 'sale' THEN 0 ELSE CAST(o.quantity AS DECIMAL(18, 6)) END) AS sent_back,
        SUM(CASE WHEN o.kind = 'sale' THEN CAST(o.quantity * o.unit_price AS DECIMAL(18, 4)) ELSE 0 END) AS paid,
        SUM(CASE WHEN o.kind = 'sale' THEN 0 ELSE CAST(o.quantity * o.unit_price AS DECIMAL(18, 4)) END) AS paid_back
    FROM units AS u
    INNER JOIN orders AS o
        ON o.user_id = u.user_id AND o.ts >= u.ts AND o.ts < u.until
    GROUP BY u.unit_id, o.product_id
),
bought AS (
    SELECT
        unit_id,
        MIN(CASE WHEN sold > sent_back THEN first_sale END) AS first_sale,
        CAST(SUM(CASE WHEN sold > sent_back THEN GREATEST(paid - paid_back, 0) ELSE 0 END) AS DOUBLE) AS revenue,
        CAST(SUM(CASE WHEN sold > sent_back THEN LEAST(paid_back, paid) ELSE paid END) AS DOUBLE) AS refunds
    FROM of_products
    WHERE sold > 0
    GROUP BY unit_id
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
    CAST(CASE WHEN b.first_sale IS NULL THEN 0 ELSE 1 END AS TINYINT) AS purchase,
    CAST(CASE WHEN v.unit_id IS NULL THEN 0 ELSE 1 END AS TINYINT) AS visit,
    CAST(COALESCE(b.revenue, 0) AS DOUBLE) AS revenue,
    CAST(COALESCE(b.refunds, 0) AS DOUBLE) AS refunds,
    b.first_sale AS purchase_at,
    v.first_event AS visit_at
FROM units AS u
LEFT JOIN bought AS b ON b.unit_id = u.unit_id
LEFT JOIN visited AS v ON v.unit_id = u.unit_id
ORDER BY u.unit_id
