"""The demo: invented people, the nine agencies' registries, and the whole story on one machine.

Read `population` (who the people are and how their stories end), `facts` (what registries hold of
them), `registries` (a database per agency, each in its own shape, and what its gateway asks).
"""
