-- A product's day: how often it was seen, clicked, put into a cart, sold and sent back.
WITH seen AS (
    SELECT
        day, product_id,
        CAST(SUM(CASE WHEN kind = 'view' THEN 1 ELSE 0 END) AS BIGINT) AS views,
        CAST(SUM(CASE WHEN kind = 'click' THEN 1 ELSE 0 END) AS BIGINT) AS clicks,
        CAST(SUM(CASE WHEN kind = 'add_to_cart' THEN 1 ELSE 0 END) AS BIGINT) AS carts
    FROM events
    WHERE product_id IS NOT NULL
    GROUP BY day, product_id
),
sold AS (
    SELECT
        day, product_id,
        CAST(SUM(CASE WHEN kind = 'sale' THEN quantity ELSE 0 END) AS BIGINT) AS units_sold,
        CAST(COUNT(DISTINCT CASE WHEN kind = 'sale' THEN order_id END) AS BIGINT) AS orders,
        CAST(SUM(CASE WHEN kind = 'sale' THEN CAST(quantity * unit_price AS DECIMAL(18, 4)) ELSE 0 END) AS DOUBLE) AS revenue,
        CAST(SUM(CASE WHEN kind <> 'sale' THEN quantity ELSE 0 END) AS BIGINT) AS units_returned,
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
