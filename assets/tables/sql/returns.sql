-- What was sent back or cancelled: one row a product of an order, on the day on which that was done.
SELECT
    day,
    order_id,
    MIN(user_id) AS user_id,
    MAX(ts) AS ts,
    product_id,
    CAST(SUM(CAST(quantity AS DECIMAL(18, 6))) AS DOUBLE) AS quantity
FROM orders
WHERE kind <> 'sale'
GROUP BY day, order_id, product_id
ORDER BY day, order_id, product_id
