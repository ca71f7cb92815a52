-- What was bought together: one row a product of an order (sales only; what came back of them is in `returns`).
SELECT
    day,
    order_id AS basket_id,
    MIN(user_id) AS user_id,
    MIN(ts) AS ts,
    product_id,
    CAST(SUM(CAST(quantity AS DECIMAL(18, 6))) AS DOUBLE) AS quantity,
    CAST(SUM(CAST(quantity * unit_price AS DECIMAL(18, 4))) AS DOUBLE) AS revenue
FROM orders
WHERE kind = 'sale'
GROUP BY day, order_id, product_id
ORDER BY day, basket_id, product_id
