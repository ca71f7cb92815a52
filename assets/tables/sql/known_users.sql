-- Everyone who did something in the window: the users that a campaign can address.
SELECT user_id FROM events WHERE user_id IS NOT NULL
UNION
SELECT user_id FROM orders WHERE user_id IS NOT NULL
UNION
SELECT user_id FROM exposures
UNION
SELECT user_id FROM users
ORDER BY user_id
