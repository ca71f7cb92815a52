"""Examples of requests and answers, as the API's description shows them; a test decodes each with its type.

What belongs here: plain JSON values. It grows by one entry a shape, and each is read by itself.
"""

from typing import Any

__all__ = ["ANSWERS", "REQUESTS"]

_RELEASE = "3f9c2a7b51de"
_ITEM = {
    "product_id": "22726",
    "title": "ALARM CLOCK BAKELIKE GREEN",
    "price": 3.75,
    "in_stock": True,
    "score": 0.612,
    "module": "bought_together",
    "reason": "bought together with ALARM CLOCK BAKELIKE RED",
    "rules": ["house brand first"],
}
# No nulls here: the description leaves them out.
_LIST = {
    "items": [_ITEM],
    "answered_by": "bought_together",
    "fallbacks_tried": [],
    "release": _RELEASE,
}
_USER = {
    "user_id": "u1042",
    "known": True,
    "uplift": 0.031,
    "lower": 0.012,
    "upper": 0.049,
    "p_control": 0.044,
    "p_treated": 0.075,
    "segment": "persuadable",
    "expected_net_value": 0.27,
    "best_arm": "mail",
    "arms": [
        {
            "arm": "mail",
            "uplift": 0.031,
            "lower": 0.012,
            "upper": 0.05,
            "p_control": 0.044,
            "p_treated": 0.075,
            "expected_cost": 0.15,
            "expected_net_value": 0.27,
        },
    ],
}
_BANNER = {
    "impression_id": "0f8fad5bd9cb469fa16570867728950e",
    "slot": "home_top",
    "banner_id": "spring",
    "propensity": 0.62,
    "policy": "thompson",
    "content": "https://shop.example/spring.png",
    "release": _RELEASE,
}
_RANGE = {"value": 812.4, "lower": 410.0, "upper": 1190.3}

REQUESTS: dict[str, Any] = {
    "SessionRequest": {
        "viewed": ["22727", "22726"],
        "user_id": "u1042",
        "limit": 5,
        "filters": ["price:..20"],
        "exclude": ["22728"],
    },
    "BasketRequest": {"cart": ["22727", "22726"], "user_id": "u1042", "limit": 5},
    "UserRequest": {"user_id": "u1042", "limit": 5, "exclude": ["22728"]},
    "BatchRequest": {"visitors": [{"viewed": ["22727"], "limit": 5}, {"user_id": "u1042", "limit": 5}]},
    "PageRequest": {
        "slots": [
            {"name": "goes with it", "list": "bought_together", "limit": 4},
            {"name": "for you", "list": "session", "limit": 8},
        ],
        "product_id": "22727",
        "user_id": "u1042",
    },
    "BannerRequest": {"user_id": "u1042", "count": 2, "context": {"page": "home"}, "exclude": ["winter"]},
    "RewardRequest": {"impression_id": "0f8fad5bd9cb469fa16570867728950e", "reward": 1},
    "RewardBatch": {
        "rewards": [
            {"impression_id": "0f8fad5bd9cb469fa16570867728950e", "reward": 1},
            {"impression_id": "7c9e6679742540de944be07fc1f90ae7", "reward": 0.5},
        ]
    },
    "ScoreRequest": {"user_ids": ["u1042", "u7"]},
    "RoiRequest": {"budget": 500, "contact_cost": 0.15},
    "PlanRequest": {"lift": 0.1, "control_share": 0.2, "users_per_day": 1500},
    "DecisionRequest": {"user_id": "u1042", "viewed": ["22727"], "slot": "home_top"},
    "EventBatch": {
        "events": [
            {
                "event_id": "e-1",
                "kind": "click",
                "user_id": "u1042",
                "product_id": "22726",
                "surface": "bought_together",
                "release": _RELEASE,
            }
        ]
    },
    "ProductFields": {"price": 4.95, "in_stock": False, "updated_at": "2026-01-30T12:00:00Z"},
    "ProductBatch": {
        "products": [
            {"product_id": "22726", "price": 4.95, "updated_at": "2026-01-30T12:00:00Z"},
            {"product_id": "22727", "hidden": True},
            {
                "product_id": "30001",
                "title": "ALARM CLOCK BAKELIKE BLUE",
                "categories": ["Home > Clocks"],
                "price": 3.75,
            },
        ]
    },
}
"""Type of the request → an example."""

ANSWERS: dict[str, Any] = {
    "ProductsAnswer": {"received": 3, "changed": 2, "revision": 17, "without_title": []},
    "ListAnswer": _LIST,
    "HistoryAnswer": {
        "items": [
            {
                "at": "2026-01-30T12:00:00Z",
                "kind": "view",
                "source": "posted",
                "product_id": "22726",
                "title": "ALARM CLOCK BAKELIKE GREEN",
                "session_id": "s-17",
            },
            {
                "at": "2026-01-28T09:30:00Z",
                "kind": "purchase",
                "source": "release",
                "product_id": "22727",
                "title": "ALARM CLOCK BAKELIKE RED",
                "times": 2,
            },
        ],
        "more": False,
        "bought": ["22727"],
        "categories": [{"name": "Home > Clocks", "share": 0.7}],
        "segment": "north",
        "release": _RELEASE,
    },
    "TakenOutAnswer": {"events": 2},
    "ForYouAnswer": {**_LIST, "answered_by": "for_you", "known": True},
    "BatchAnswer": {"answers": [_LIST], "release": _RELEASE},
    "PageAnswer": {"slots": {"goes with it": _LIST}, "release": _RELEASE},
    "SearchAnswer": {
        **_LIST,
        "items": [{**_ITEM, "module": "hybrid", "reason": "matches words of 'alarm clock'"}],
        "answered_by": "hybrid",
        "searched_for": "alarm clock",
        "understood": ["price:..20"],
        "total": 12,
        "facets": {"brand": [{"value": "Bakelike", "count": 7}, {"value": "Acme", "count": 5}]},
        "price_range": {"low": 2.5, "high": 14.95},
        "relaxed": ["left out the filter colour:teal"],
        "did_you_mean": "alarm clocks",
        "banner": "Clock week: 20 % off",
        "redirect": "/clocks",
    },
    "SuggestAnswer": {
        "queries": ["alarm clock"],
        "categories": ["Home > Clocks"],
        "brands": ["Alarma"],
        "products": [{"product_id": "22726", "title": "ALARM CLOCK BAKELIKE GREEN"}],
        "release": _RELEASE,
        "completed": "alarm",
    },
    "Product": {
        "product_id": "22726",
        "title": "ALARM CLOCK BAKELIKE GREEN",
        "description": "A retro alarm clock with two bells",
        "brand": "Bakelike",
        "categories": ["Home > Clocks"],
        "tags": ["retro"],
        "price": 3.75,
        "currency": "GBP",
        "in_stock": True,
        "image_url": "https://shop.example/22726.jpg",
        "release": _RELEASE,
    },
    "SlateAnswer": {
        **_BANNER,
        "slate": [
            {name: _BANNER[name] for name in ("impression_id", "banner_id", "propensity", "content")} | {"position": 1},
            {
                "impression_id": "7c9e6679742540de944be07fc1f90ae7",
                "position": 2,
                "banner_id": "delivery",
                "propensity": 0.81,
                "content": "https://shop.example/delivery.png",
            },
        ],
    },
    "RewardAnswer": {
        "impression_id": "0f8fad5bd9cb469fa16570867728950e",
        "slot": "home_top",
        "banner_id": "spring",
        "reward": 1.0,
    },
    "RewardsAnswer": {
        "received": 2,
        "new": 1,
        "rewards": [
            {
                "impression_id": "0f8fad5bd9cb469fa16570867728950e",
                "outcome": "new",
                "slot": "home_top",
                "banner_id": "spring",
                "reward": 1.0,
            },
            {
                "impression_id": "7c9e6679742540de944be07fc1f90ae7",
                "outcome": "repeated",
                "slot": "home_top",
                "banner_id": "delivery",
                "reward": 0.5,
            },
        ],
    },
    "ScoreAnswer": {
        "users": [_USER, {"user_id": "u7", "known": False}],
        "release": _RELEASE,
        "campaign": "spring_sale",
    },
    "SegmentsAnswer": {
        "segments": [
            {
                "name": "persuadable",
                "users": 4120,
                "share": 0.206,
                "mean_uplift": 0.028,
                "mean_lower": 0.011,
                "mean_upper": 0.045,
                "mean_p_control": 0.041,
                "top_features": [
                    {"feature": "views_30d", "mean": 11.2, "mean_all": 5.9, "difference": 0.84},
                ],
            }
        ],
        "responders": [
            {
                "words": "age below 35: +18.2 % ± 6.0 %",
                "attribute": "age",
                "group": "below 35",
                "users": 5080,
                "effect": 0.182,
                "lower": 0.122,
                "upper": 0.242,
                "p_value": 0.00002,
            }
        ],
        "release": _RELEASE,
        "campaign": "spring_sale",
    },
    "RoiAnswer": {
        "strategies": [
            {
                "strategy": "uplift_under_budget",
                "treated_share": 0.166,
                "contacts": 3333.0,
                "cost": 500.0,
                "conversions": {"value": 96.1, "lower": 61.0, "upper": 130.2},
                "revenue": {"value": 4374.7, "lower": 3033.3, "upper": 5634.3},
                "profit": _RANGE,
                "roi": {"value": 1.62, "lower": 0.82, "upper": 2.38},
            }
        ],
        "best": "uplift_under_budget",
        "budget": 500.0,
        "margin": 0.3,
        "contact_cost": 0.15,
        "population": 20000,
        "currency": "EUR",
        "release": _RELEASE,
        "campaign": "spring_sale",
    },
    "PlanAnswer": {
        "users": 66733,
        "by_arm": {"control": 13347, "treatment": 53386},
        "effect": 0.003,
        "lift": 0.1,
        "users_with_cuped": None,
        "days": 52,
        "responses_forgone": 40.0,
        "control_cost": -1521.6,
        "mean": 0.03,
        "deviation": 0.1706,
        "measured": True,
        "warnings": [],
        "currency": "EUR",
        "release": _RELEASE,
        "campaign": "spring_sale",
    },
    "CampaignsAnswer": {
        "campaigns": [
            {
                "id": "spring_sale",
                "state": "running",
                "valid": True,
                "verdict": "The experiment is valid: every check passed.",
                "missing": None,
                "outcome": "purchase",
                "control": "control",
                "arms": ["mail", "voucher"],
                "exposures": 48210,
                "attribution_days": 7,
                "history_days": 90,
                "frame_days": 90,
                "max_contacts": 2,
                "contact_days": 30,
                "budget": 500.0,
            },
        ],
        "release": _RELEASE,
    },
    "ExperimentsAnswer": {
        "experiments": [
            {
                "id": "holdout",
                "running": True,
                "starts": "2026-01-05",
                "ends": "2026-12-31",
                "unit": "user",
                "metric": "revenue",
                "share": 1.0,
                "arms": {"champion": 0.95, "challenger": 0.05},
                "change": {"personalisation": False, "rules": True, "without": []},
                "figures": {
                    "assigned": {"champion": 7610, "challenger": 395},
                    "decision": {"action": "continue", "reason": "uncertain", "verdict": "go on"},
                },
            }
        ],
        "as_of": "2026-01-30",
        "release": _RELEASE,
    },
    "ReportAnswer": {
        "name": "experiment",
        "as_of": "2026-01-30",
        "report": [
            {
                "check": "contamination",
                "passed": True,
                "verdict": "0 of 9,120 users were in more than one arm of a campaign.",
            }
        ],
        "release": _RELEASE,
    },
    "DecisionAnswer": {
        "advertise": True,
        "arm": "mail",
        "campaign": "spring_sale",
        "why": [
            "Advertise with mail: it pays. This user is a persuadable. The arm mail changes the chance of a response "
            "from 4.40% to 7.50% (+3.10%, 95 % interval +1.20% to +5.00%); at a margin of 30% of 45.00 EUR a response "
            "and an expected cost of 0.15 it is expected to earn +0.269 EUR.",
            "Banner: spring was drawn for home_top with probability 62.0%: how likely it is to be the best one there, "
            "with a little left for each other one.",
        ],
        "fallbacks": [],
        "user": _USER,
        "banner": _BANNER,
        "products": _LIST,
        "release": _RELEASE,
    },
    "ForgetAnswer": {"events": 31, "impressions": 4},
    "EventsAnswer": {"received": 1, "new": 1},
    "ReleaseAnswer": {
        "release": _RELEASE,
        "registry_version": "7",
        "shop": "simulated",
        "as_of": "2026-01-30",
        "currency": "EUR",
        "products": 2000,
        "scored_users": 20000,
        "modules": ["catalogue", "popularity", "session_model"],
        "unavailable": {"banner_priors": "the shop has no table banner_impressions"},
        "top_categories": ["Home"],
        "slots": ["home_top"],
        "metrics": {"qini": 0.087},
    },
}
"""Type of the answer → an example."""
