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
