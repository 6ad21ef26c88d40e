"""How long everything takes, each beside its floor: `python -m training.benchmark [--only WORD ...]`.

Times differ between machines and hours; ratios of what was timed turn by turn do so much less. So every row has
something beside it that had to be done in any case, and what is stated is the median of the turns' ratios. Times are
the processor's, of this program and of those that it starts: waiting while others have it would say nothing of the app.
Printed with the load that the machine had, and written to `models/benchmark.json`, from which `python -m
training.report` takes what the documents say. No test looks at the figures.
"""
