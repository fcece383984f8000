"""A server of the Model Context Protocol (https://modelcontextprotocol.io): the record of builds as tools for agents.

It speaks to one client over stdin and stdout, and to the service as any other client does. A session's tools are
methods of a few classes (`…_tools`), which answer with models (`…_answers`); `RecordedServer` runs them and logs each
call as an event of the instance that the session is registered as.

Everything here needs the extra `mcp`. Only `millstream mcp` imports it, once it is asked for.
"""
