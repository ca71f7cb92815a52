"""What is this? In words, for people who know their shop and not the field."""

VALIDITY = (
    "A trial contacts some users and leaves others alone, by chance. Only then does the difference between the "
    "two tell what the contact did. Each check looks for a way in which chance may not have decided."
)
EFFECTS = (
    "How much more often users responded because of the contact: 0.05 is five more responses among a hundred "
    "contacts. The truth lies between lower and upper in 95 of 100 trials. Among many groups some look special by "
    "chance alone."
)
QINI = (
    "Users are contacted in the order of their score, the most persuadable first. The height of the curve is how "
    "many responses that gained so far. A model that ranks well rises early and lies above the straight line, "
    "which is contacting at random; 'likely buyers first' is what shops do without an uplift model. Dashed lines "
    "hold the curve in 95 of 100 trials. Of users that no model was trained on."
)
SCORES = (
    "The Qini coefficient is the area between the curve and the straight line: 0 is no better than chance. RATE "
    "and AUUC measure the same in other units; uplift at 30 is the effect among the 30 % of highest score. 'model "
    "minus this' compares with a baseline: where its interval is above 0, the model is better."
)
DECILES = (
    "Users by score, in ten groups of one size, the highest first, with the effect that was observed in each. A "
    "good model has high bars on the left and low ones on the right; bars below 0 are users whom a contact drives "
    "away."
)
CALIBRATION = (
    "Whether a predicted effect of 0.10 is one of 0.10. Points on the dashed line are right; above it the model "
    "says too little, below it too much."
)
SEGMENTS = (
    "Persuadables respond because of a contact; sure things respond anyway; lost causes never; sleeping dogs "
    "respond less because of it. A contact is worth its money for the first alone. The last column says in "
    "standard deviations by which features a segment differs from all users."
)
CAMPAIGNS = (
    "Each campaign has its own trial, model and plan. 'valid' is whether its trial can be trusted; where a campaign "
    "has no scores the words say why. What follows is about the one that is chosen."
)
PLAN = (
    "Whom the nightly run would contact with the shop's own budget and limits. The cut-off is what the next unit "
    "of budget would earn above its cost."
)
STRATEGIES = (
    "What each way to choose users would earn in the whole population, measured on users of the trial that no "
    "model was trained on. Profit is after the costs of contacts. Where two intervals overlap much, the trial "
    "does not tell which strategy is better."
)
CURVE = (
    "Profit of each strategy as the budget grows. Where the curve bends down, further contacts cost more than "
    "they earn."
)
ARMS = (
    "Each slot shows one of its banners. The believed reward is what the release learnt of clicks, with the range "
    "that it holds likely (95 %); 'since' counts what happened after it. The share now is the probability by "
    "which the API draws each banner at this moment, before days, contexts and caps leave some out."
)
POLICIES = (
    "What another way to choose banners would have earned on the same visitors, from the log alone: every "
    "impression has the probability by which it was drawn on record. Few effective impressions mean a guess. "
    "Where estimators disagree, trust the doubly robust one. 'own' is the policy that the slot has."
)
EXPERIMENTS = (
    "Visitors are put into one of two arms, once each. Intervals are confidence sequences: they hold however "
    "often somebody looks, so an experiment may be stopped on any day. The declared rule decides; a broken sample "
    "ratio means that the arms cannot be compared."
)
MEASURES = (
    "On days that no model was trained on: each module beside simpler ones that it has to beat. Hit rate is how "
    "often the next product was in the list of ten; MRR and NDCG ask how high it stood; recall how much of what "
    "was wanted was shown; novelty and diversity tell lists of bestsellers from lists that surprise. 'above' "
    "compares: where its interval is above 0, the module is better."
)
SEARCHES = (
    "How well search orders products, on clicks of days that it has not learnt from: all queries, and those that "
    "are frequent (head), rare (tail) or between. NDCG is 1 where what was clicked always stands first; zero "
    "results is the share of searches that found nothing."
)
SIMILAR = (
    "How often the product that was looked at next is among the similar ones of the product before, for all "
    "products and for new ones (cold), by text, by views, and by both as learnt."
)
NOTHING = (
    "Queries that shoppers' events name, the most frequent first, of those that were posted and not yet "
    "forgotten, searched again in the release that answers now: no product matches them as they stand, so search "
    "gave up what the column says, or found nothing at all. A synonym in the shop's file often helps."
)
DRIFT = (
    "How far today's users are from those that the uplift model was trained on. PSI above 0.25 is a major change "
    "of a feature; the model may still work, which its Qini on recent days tells."
)
