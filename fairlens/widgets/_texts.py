"""Every text that the panel and a recorded view show, apart from sentences about numbers."""

LABELS = {
    "metric": "Metric",
    "by": "Group by",
    "and": "and by",
    "none": "nothing else",
    "where": "Only",
    "everyone": "all",
    "reference": "Compare with",
    "largest": "the largest group",
    "rest": "everybody else",
    "overall": "everybody",
    "compare": "Compare by",
    "differences": "differences",
    "ratios": "ratios",
    "adjust": "Adjust for",
    "nothing": "nothing",
    "thresholds": "Thresholds",
    "one_threshold": "one for everybody",
    "own_thresholds": "one per group",
    "threshold": "Threshold",
    "decided": "as decided",
    "interval": "{share} % interval",
    "n": "n",
    "difference": "Difference in points",
    "ratio": "Ratio",
    "opposite": "Ratio of the opposite rate",
    "adjusted": "Adjusted difference in points",
    "needs_group": "needs one group to compare with",
    "is_reference": "reference",
    "suppressed": "suppressed",
    "undefined": "undefined: nobody to count",
    "weightless": "undefined: everybody to count has weight 0",
    "small": "few people",
    "one_group": "There is one group only, so there is nothing to compare.",
    "explore": "Explore: not part of the record",
    "record": "Record this view",
    "record_hint": "Writes picture and table of this view under the panel, where they are saved with the notebook",
    "reset": "Reset to the recorded view",
    "picture": "{metric} by {by}: a dot for each group, a line for its interval. The table holds the same numbers.",
    "error": "The panel could not draw this view: {message}",
}

CRITERIA = {
    "title": "Criteria",
    "group": "Group",
    "state": "State",
    "n": "n",
    "counts": "{k} comparisons: {states}",
    "difference": "Difference in points (limits)",
    "ratio": "Ratio (limits)",
    "change": "Difference (limits)",
    "limits": "Limits at {share} %.",
    "allowing": "Limits at {share} %, allowing for {k} comparisons.",
    "against": "{n} against {m}",
    "needed": "about {k} more needed, planned for a power of {power}",
    "more": "and {k} more groups, none of them in a worse state",
    "as_taken": "of the decisions as they were taken",
    "judged": "Judged for everybody, {how}{aside}.",
    "at": "at one threshold of {threshold}",
    "decided": "as decided",
    "aside": ", leaving aside {what} of this view",
    "filter": "the filter",
    "cuts": "the thresholds per group",
    "and": " and ",
}

STATE = "{metric} by {by}, among {among}, {decision}, compared with {reference}{adjusted}. {audit}."
ADJUSTED = ", also adjusted for {axis}"
AT_THRESHOLD = "decided at a score of {threshold}"
AS_DECIDED = "as decided"
RECORDED = "Recorded view"
RECORDED_NOTE = "View {k} recorded under the panel."
NO_SLOT = "This panel has recorded {k} views. Run its cell again, or call panel.record() in a new cell."
OUTSIDE = "Views are recorded in a notebook. Use panel.record() in a cell."
