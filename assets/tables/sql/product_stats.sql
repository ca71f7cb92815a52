-- A product's day: how many visitors saw it, clicked it and put it into a cart, how often it was sold and sent back.
-- A visitor, a session or a user without one, counts once; robots do not.
WITH acts AS (
    SELECT
        day, product_id, kind,
        CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END AS visitor
    FROM events
    WHERE product_id IS NOT NULL
),
seen AS (
    SELECT
        acts.day, product_id,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'view' THEN acts.visitor END) AS BIGINT) AS views,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'click' THEN acts.visitor END) AS BIGINT) AS clicks,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'add_to_cart' THEN acts.visitor END) AS BIGINT) AS carts
    FROM acts
    LEFT JOIN robots ON robots.day = acts.day AND robots.visitor = acts.visitor
    WHERE robots.visitor IS NULL
    GROUP BY acts.day, product_id
),
sold AS (
    SELECT
        day, product_id,
        CAST(SUM(CASE WHEN kind = 'sale' THEN CAST(quantity AS DECIMAL(18, 6)) ELSE 0 END) AS DOUBLE) AS units_sold,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'sale' THEN order_id END) AS BIGINT) AS orders,
        CAST(SUM(CASE WHEN kind = 'sale' THEN CAST(quantity * unit_price AS DECIMAL(18, 4)) ELSE 0 END) AS DOUBLE) AS revenue,
        CAST(SUM(CASE WHEN kind <> 'sale' THEN CAST(quantity AS DECIMAL(18, 6)) ELSE 0 END) AS DOUBLE) AS units_returned,
        CAST(SUM(CASE WHEN kind <> 'sale' THEN CAST(quantity * unit_price AS DECIMAL(18, 4)) ELSE 0 END) AS DOUBLE) AS refunds
    FROM orders
    GROUP BY day, product_id
)
SELECT
    COALESCE(seen.day, sold.day) AS day,
    COALESCE(seen.product_id, sold.product_id) AS product_id,
    COALESCE(views, 0) AS views,
    COALESCE(clicks, 0) AS clicks,
    COALESCE(carts, 0) AS carts,
    COALESCE(units_sold, 0) AS units_sold,
    COALESCE(orders, 0) AS orders,
    COALESCE(revenue, 0) AS revenue,
    COALESCE(units_returned, 0) AS units_returned,
    COALESCE(refunds, 0) AS refunds
FROM seen
FULL OUTER JOIN sold ON seen.day = sold.day AND seen.product_id = sold.product_id
ORDER BY 1, 2
