-- A product's day: how many people saw it, clicked it and put it into a cart, how often it was sold and sent back.
-- A person counts once: a user, also where the session tells who it is, or a session of nobody. Robots do not count.
WITH known AS (
    SELECT day, session_id, MIN(user_id) AS user_id
    FROM events
    WHERE session_id IS NOT NULL AND user_id IS NOT NULL
    GROUP BY day, session_id
),
acts AS (
    SELECT
        events.day, events.product_id, events.kind,
        CASE
            WHEN events.session_id IS NOT NULL THEN 's/' || events.session_id
            ELSE 'u/' || events.user_id
        END AS visitor,
        COALESCE('u/' || COALESCE(events.user_id, known.user_id), 's/' || events.session_id) AS person
    FROM events
    LEFT JOIN known ON known.day = events.day AND known.session_id = events.session_id
    WHERE events.product_id IS NOT NULL
),
seen AS (
    SELECT
        acts.day, product_id,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'view' THEN acts.person END) AS BIGINT) AS views,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'click' THEN acts.person END) AS BIGINT) AS clicks,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'add_to_cart' THEN acts.person END) AS BIGINT) AS carts
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
        CAST(COUNT(DISTINCT CASE WHEN kind = 'sale' THEN COALESCE('u/' || user_id, 'o/' || order_id) END) AS BIGINT)
            AS buyers,
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
    COALESCE(buyers, 0) AS buyers,
    COALESCE(revenue, 0) AS revenue,
    COALESCE(units_returned, 0) AS units_returned,
    COALESCE(refunds, 0) AS refunds
FROM seen
FULL OUTER JOIN sold ON seen.day = sold.day AND seen.product_id = sold.product_id
ORDER BY 1, 2
