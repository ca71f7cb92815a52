-- Visitors of a day who are taken for robots. A visitor is a session, or a user without one; a person is a user with all
-- sessions of theirs, or a visitor that no user is known of. `limits` has one row, the shop's; `robot_agents` and
-- `robot_users` are those that the shop knows: words in small letters, and ids.
WITH acts AS (
    SELECT
        day, ts, event_id, kind, product_id, user_id, agent,
        CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END AS visitor
    FROM events
),
looks AS (
    SELECT day, ts, event_id, product_id, visitor, COALESCE('u/' || user_id, visitor) AS person
    FROM acts
    WHERE product_id IS NOT NULL AND kind IN ('view', 'click')
),
paced AS (
    SELECT
        day, visitor, ts, product_id,
        CASE
            WHEN ts - LAG(ts) OVER (PARTITION BY day, visitor ORDER BY ts, event_id)
                <= limits.quick_seconds * INTERVAL '1' SECOND THEN 1
            ELSE 0
        END AS quick
    FROM looks
    CROSS JOIN limits
),
of_product AS (
    SELECT
        day, visitor, product_id, COUNT(*) AS looks, SUM(quick) AS quick, MIN(ts) AS first_at, MAX(ts) AS last_at
    FROM paced
    GROUP BY day, visitor, product_id
),
visitors AS (
    SELECT
        day, visitor, SUM(looks) AS looks, COUNT(*) AS products, MAX(looks) AS most, SUM(quick) AS quick,
        MIN(first_at) AS first_at, MAX(last_at) AS last_at
    FROM of_product
    GROUP BY day, visitor
),
persons AS (
    SELECT
        day, person, COUNT(*) AS looks, COUNT(DISTINCT visitor) AS visits, COUNT(DISTINCT product_id) AS products
    FROM looks
    GROUP BY day, person
),
-- What a person may have looked at in fourteen days at most; only those who may exceed the limit are counted.
broad AS (
    SELECT
        day, person,
        SUM(products) OVER (
            PARTITION BY person ORDER BY CAST(day AS DATE) RANGE BETWEEN INTERVAL '13' DAY PRECEDING AND CURRENT ROW
        ) AS at_most
    FROM persons
),
seen AS (
    SELECT DISTINCT day, person, product_id
    FROM looks
),
wide AS (
    SELECT broad.day, broad.person
    FROM broad
    CROSS JOIN limits
    INNER JOIN seen ON seen.person = broad.person
        AND seen.day <= broad.day AND CAST(seen.day AS DATE) >= CAST(broad.day AS DATE) - INTERVAL '13' DAY
    WHERE broad.at_most > limits.max_products
    GROUP BY broad.day, broad.person, limits.max_products
    HAVING COUNT(DISTINCT seen.product_id) > limits.max_products
),
declared AS (
    SELECT DISTINCT acts.day, acts.visitor
    FROM acts
    LEFT JOIN robot_users ON robot_users.user_id = acts.user_id
    LEFT JOIN robot_agents ON LOWER(acts.agent) LIKE '%' || robot_agents.word || '%'
    WHERE robot_users.user_id IS NOT NULL OR robot_agents.word IS NOT NULL
),
found AS (
    SELECT day, visitor, 1 AS place, 'declared' AS reason
    FROM declared
    UNION ALL
    SELECT day, visitor, 2 AS place, 'many' AS reason
    FROM visitors
    CROSS JOIN limits
    WHERE looks > max_looks
    UNION ALL
    -- A log that knows days or minutes only has no pauses to tell.
    SELECT day, visitor, 3 AS place, 'quick' AS reason
    FROM visitors
    CROSS JOIN limits
    WHERE looks >= quick_looks AND quick * 10 >= (looks - 1) * 9 AND last_at > first_at
    UNION ALL
    SELECT day, visitor, 4 AS place, 'repeated' AS reason
    FROM visitors
    CROSS JOIN limits
    WHERE most > max_repeats
    UNION ALL
    SELECT
        looks.day, looks.visitor,
        CASE WHEN persons.looks > limits.max_looks THEN 2 WHEN wide.person IS NOT NULL THEN 5 ELSE 6 END AS place,
        CASE
            WHEN persons.looks > limits.max_looks THEN 'many'
            WHEN wide.person IS NOT NULL THEN 'wide'
            ELSE 'visits'
        END AS reason
    FROM looks
    CROSS JOIN limits
    INNER JOIN persons ON persons.day = looks.day AND persons.person = looks.person
    LEFT JOIN wide ON wide.day = looks.day AND wide.person = looks.person
    WHERE persons.looks > limits.max_looks OR persons.visits > limits.max_visits OR wide.person IS NOT NULL
),
first_reason AS (
    SELECT day, visitor, reason, ROW_NUMBER() OVER (PARTITION BY day, visitor ORDER BY place) AS number
    FROM found
)
SELECT
    first_reason.day,
    first_reason.visitor,
    CAST(COALESCE(visitors.looks, 0) AS BIGINT) AS looks,
    CAST(COALESCE(visitors.products, 0) AS BIGINT) AS products,
    first_reason.reason
FROM first_reason
LEFT JOIN visitors ON visitors.day = first_reason.day AND visitors.visitor = first_reason.visitor
WHERE first_reason.number = 1
ORDER BY first_reason.day, first_reason.visitor
