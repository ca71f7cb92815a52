-- Behaviour of each unit (a user at an instant) strictly before that instant and within the history window.
-- The same statement serves the uplift frame (unit = exposure) and the scoring of all users (unit = user at the end
-- of the day), so what a model is fitted on and what it scores cannot differ. `known_at` is the latest record behind a row.
WITH seen AS (
    SELECT
        u.unit_id,
        MIN(e.ts) AS first_seen,
        MAX(e.ts) AS last_seen,
        SUM(CASE WHEN e.kind = 'view' AND e.ts >= u.ts - INTERVAL '7' DAY THEN 1 ELSE 0 END) AS views_7d,
        SUM(CASE WHEN e.kind = 'view' AND e.ts >= u.ts - INTERVAL '30' DAY THEN 1 ELSE 0 END) AS views_30d,
        SUM(CASE WHEN e.kind = 'add_to_cart' AND e.ts >= u.ts - INTERVAL '30' DAY THEN 1 ELSE 0 END) AS carts_30d,
        SUM(CASE WHEN e.kind = 'search' AND e.ts >= u.ts - INTERVAL '30' DAY THEN 1 ELSE 0 END) AS searches_30d,
        COUNT(DISTINCT CASE
            WHEN e.ts >= u.ts - INTERVAL '30' DAY THEN COALESCE(e.session_id, e.day)
        END) AS sessions_30d,
        CAST(SUM(CASE WHEN e.kind = 'view' THEN CAST(p.price AS DECIMAL(18, 4)) END) AS DOUBLE)
            / NULLIF(COUNT(CASE WHEN e.kind = 'view' THEN p.price END), 0) AS avg_price_viewed,
        COUNT(DISTINCT p.category) AS n_categories
    FROM units AS u
    INNER JOIN events AS e
        ON e.user_id = u.user_id AND e.ts < u.ts AND e.ts >= u.since
    LEFT JOIN products AS p
        ON p.product_id = e.product_id
        AND e.ts >= p.known_from AND (e.ts < p.known_until OR p.known_until IS NULL)
    GROUP BY u.unit_id
),
bought AS (
    SELECT
        u.unit_id,
        MIN(o.ts) AS first_order,
        MAX(o.ts) AS last_order,
        COUNT(DISTINCT o.order_id) AS orders_in_history,
        CAST(SUM(CAST(o.quantity * o.unit_price AS DECIMAL(18, 4))) AS DOUBLE) AS revenue_in_history
    FROM units AS u
    INNER JOIN orders AS o
        ON o.user_id = u.user_id AND o.ts < u.ts AND o.ts >= u.since AND o.kind = 'sale'
    GROUP BY u.unit_id
)
SELECT
    u.unit_id,
    GREATEST(COALESCE(s.last_seen, b.last_order), COALESCE(b.last_order, s.last_seen)) AS known_at,
    CAST(DATE_DIFF('second', LEAST(COALESCE(s.first_seen, b.first_order), COALESCE(b.first_order, s.first_seen)), u.ts)
        AS DOUBLE) / 86400 AS days_since_first_seen,
    CAST(DATE_DIFF('second', s.last_seen, u.ts) AS DOUBLE) / 86400 AS days_since_last_seen,
    CAST(DATE_DIFF('second', b.last_order, u.ts) AS DOUBLE) / 86400 AS days_since_last_order,
    CAST(COALESCE(s.views_7d, 0) AS DOUBLE) AS views_7d,
    CAST(COALESCE(s.views_30d, 0) AS DOUBLE) AS views_30d,
    CAST(COALESCE(s.carts_30d, 0) AS DOUBLE) AS carts_30d,
    CAST(COALESCE(s.searches_30d, 0) AS DOUBLE) AS searches_30d,
    CAST(COALESCE(s.sessions_30d, 0) AS DOUBLE) AS sessions_30d,
    CAST(COALESCE(b.orders_in_history, 0) AS DOUBLE) AS orders_in_history,
    CAST(COALESCE(b.revenue_in_history, 0) AS DOUBLE) AS revenue_in_history,
    CAST(s.avg_price_viewed AS DOUBLE) AS avg_price_viewed,
    CAST(COALESCE(s.n_categories, 0) AS DOUBLE) AS n_categories
FROM units AS u
LEFT JOIN seen AS s ON s.unit_id = u.unit_id
LEFT JOIN bought AS b ON b.unit_id = u.unit_id
ORDER BY u.unit_id
