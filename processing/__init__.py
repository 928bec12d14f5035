"""The arithmetic: columns in, decisions out; no sockets, no clocks, no disks."""
