"""Carries out durable work step by step, on sets, so that a worker may die at any point and nothing is lost or done
twice.

The rows are the queue of truth; a broker's message is a doorbell. A worker claims jobs of a kind that stand at the same
step with one conditional UPDATE that raises their fences; every transaction afterwards locks them and drops those with
another fence, a cancel, or something that stops their kind. A local step is part of one such transaction; a remote one
is intent, call, record, with a key that is the same on every attempt. One is a set of one.

Times that decide anything are the database's: workers' clocks may differ.
"""
