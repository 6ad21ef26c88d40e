"""Who may come in, who waits, and what the app keeps for how long: what stands between Gradio and the handlers."""
