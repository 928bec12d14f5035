"""Programs run by the environments of the peers, not by ours; each speaks one peer's own API.

An edge takes the broker's port, announces a node and a device, and says ``born``. Then each line on
its input is an order: ``data N`` sends values made of N, ``stop`` ends cleanly; it answers with the
order's first word. A reader takes hexadecimal payloads, a line each, and answers in JSON.
"""
