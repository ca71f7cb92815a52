-- Product interactions of people in session order, one row on the day of its event.
-- A session is the shop's own session_id of a day, or else a user's run of events without a gap of more than the shop's
-- idle minutes. One that goes on after midnight without such a gap stays one session, named by the day on which it
-- began; one that goes on for more than a day is cut at midnight, so that three days of events tell all of a day's
-- sessions. `limits` has one row, the shop's.
WITH acts AS (
    SELECT
        events.day, ts, event_id, kind, user_id, product_id, session_id AS named,
        CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END AS visitor
    FROM events
    LEFT JOIN robots ON robots.day = events.day
        AND robots.visitor = CASE WHEN session_id IS NOT NULL THEN 's/' || session_id ELSE 'u/' || user_id END
    WHERE product_id IS NOT NULL AND kind IN ('view', 'click', 'add_to_cart') AND robots.visitor IS NULL
),
gaps AS (
    SELECT
        acts.*,
        CASE
            WHEN ts - LAG(ts) OVER (PARTITION BY visitor ORDER BY ts, event_id)
                <= limits.idle_minutes * INTERVAL '1' MINUTE THEN 0
            WHEN named IS NOT NULL AND day = LAG(day) OVER (PARTITION BY visitor ORDER BY ts, event_id) THEN 0
            ELSE 1
        END AS starts
    FROM acts
    CROSS JOIN limits
),
runs AS (
    SELECT *, SUM(starts) OVER (PARTITION BY day, visitor ORDER BY ts, event_id) AS run
    FROM gaps
),
days AS (
    SELECT day, visitor, SUM(starts) AS begun
    FROM gaps
    GROUP BY day, visitor
),
days_before AS (
    SELECT
        day, visitor,
        LAG(day) OVER (PARTITION BY visitor ORDER BY day) AS day_before,
        LAG(begun) OVER (PARTITION BY visitor ORDER BY day) AS begun_before
    FROM days
),
begun AS (
    SELECT
        runs.day, runs.ts, runs.event_id, runs.kind, runs.user_id, runs.product_id, runs.named, runs.visitor,
        CASE WHEN runs.run = 0 AND before.begun_before > 0 THEN before.day_before ELSE runs.day END AS began,
        CASE WHEN runs.run = 0 AND before.begun_before > 0 THEN before.begun_before ELSE runs.run END AS number
    FROM runs
    INNER JOIN days_before AS before ON before.day = runs.day AND before.visitor = runs.visitor
),
numbered AS (
    SELECT
        day, ts, event_id, kind, user_id, product_id,
        began || '/' || visitor
            || CASE WHEN named IS NULL THEN '/' || CAST(number AS VARCHAR) ELSE '' END AS session_id
    FROM begun
)
SELECT
    day,
    session_id,
    CAST(ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY ts, event_id) AS INTEGER) AS position,
    user_id,
    ts,
    kind,
    product_id
FROM numbered
ORDER BY day, session_id, position
