"""The gateway agent: ports, local broker, spool and uplink around the cores."""
