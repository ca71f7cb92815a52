-- What each search of people led to: one row a search and product found by it, or one row without a product.
-- A product is found where its shopper clicks it in the results within 30 minutes and before the next search, or views
-- it with `search` as the surface; on a day that has no clicks and no surfaces, views of any kind. Of a click: gain 1; 2 where the product was then put in the cart, 3 where the user
-- bought it that day. A shopper without a session is known by the user.
WITH marked AS (
    SELECT DISTINCT day
    FROM events
    WHERE kind = 'click' OR (kind = 'view' AND surface IS NOT NULL)
),
acts AS (
    SELECT
        events.day, ts, event_id, kind, user_id, product_id, query,
        CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END AS shopper
    FROM events
    LEFT JOIN marked ON marked.day = events.day
    LEFT JOIN robots ON robots.day = events.day
        AND robots.visitor = CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END
    WHERE robots.visitor IS NULL AND (
        kind IN ('search', 'add_to_cart')
        OR (kind = 'click' AND (surface IS NULL OR surface = 'search'))
        OR (kind = 'view' AND (surface = 'search' OR marked.day IS NULL))
    )
),
numbered AS (
    SELECT
        *,
        SUM(CASE WHEN kind = 'search' THEN 1 ELSE 0 END)
            OVER (PARTITION BY day, shopper ORDER BY ts, event_id) AS number
    FROM acts
),
asked AS (
    SELECT
        day, shopper, number, ts, query,
        day || '/' || shopper || '/' || CAST(number AS VARCHAR) AS search_id
    FROM numbered
    WHERE kind = 'search'
),
found AS (
    SELECT
        asked.day, asked.search_id, acted.shopper, acted.product_id,
        MIN(acted.user_id) AS user_id,
        MIN(acted.ts) AS ts
    FROM asked
    INNER JOIN numbered AS acted
        ON acted.day = asked.day AND acted.shopper = asked.shopper AND acted.number = asked.number
    WHERE acted.kind IN ('click', 'view') AND acted.ts - asked.ts <= INTERVAL '30' MINUTE
    GROUP BY asked.day, asked.search_id, acted.shopper, acted.product_id
),
carted AS (
    SELECT day, shopper, product_id, MAX(ts) AS ts
    FROM acts
    WHERE kind = 'add_to_cart'
    GROUP BY day, shopper, product_id
),
bought AS (
    SELECT day, user_id, product_id, MAX(ts) AS ts
    FROM orders
    WHERE kind = 'sale' AND user_id IS NOT NULL
    GROUP BY day, user_id, product_id
)
SELECT
    asked.day,
    asked.search_id,
    asked.ts,
    asked.query,
    found.product_id,
    CAST(
        CASE
            WHEN found.product_id IS NULL THEN 0
            WHEN bought.ts >= found.ts THEN 3
            WHEN carted.ts >= found.ts THEN 2
            ELSE 1
        END AS INTEGER
    ) AS gain
FROM asked
LEFT JOIN found ON found.day = asked.day AND found.search_id = asked.search_id
LEFT JOIN carted
    ON carted.day = found.day AND carted.shopper = found.shopper AND carted.product_id = found.product_id
LEFT JOIN bought
    ON bought.day = found.day AND bought.user_id = found.user_id AND bought.product_id = found.product_id
ORDER BY asked.day, asked.search_id, found.product_id
