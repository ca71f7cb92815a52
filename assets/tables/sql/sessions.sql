-- Product interactions of people in session order.
-- A session is the shop's own session_id, or else a user's run of events with gaps of at most 30 minutes; either
-- ends at UTC midnight, so that a day's sessions depend on that day's events alone.
WITH acts AS (
    SELECT events.day, ts, event_id, kind, user_id, session_id, product_id
    FROM events
    LEFT JOIN robots ON robots.day = events.day
        AND robots.visitor = CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END
    WHERE product_id IS NOT NULL AND kind IN ('view', 'click', 'add_to_cart') AND robots.visitor IS NULL
),
gaps AS (
    SELECT
        *,
        CASE
            WHEN ts - LAG(ts) OVER (PARTITION BY day, user_id, session_id ORDER BY ts, event_id)
                <= INTERVAL '30' MINUTE THEN 0
            ELSE 1
        END AS starts
    FROM acts
),
named AS (
    SELECT
        day, ts, event_id, kind, user_id, product_id,
        CASE
            WHEN session_id IS NOT NULL THEN day || '/s/' || session_id
            ELSE day || '/u/' || user_id || '/'
                || CAST(SUM(starts) OVER (PARTITION BY day, user_id, session_id ORDER BY ts, event_id) AS VARCHAR)
        END AS session_id
    FROM gaps
)
SELECT
    day,
    session_id,
    CAST(ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY ts, event_id) AS INTEGER) AS position,
    user_id,
    ts,
    kind,
    product_id
FROM named
ORDER BY day, session_id, position
