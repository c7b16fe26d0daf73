-- What a person found out about a write of which nobody knew what became is told to its requester: `told` is -1 until they looked.
CREATE INDEX action_request_found_out ON action_request (tenant, issuer, subject) WHERE told = -1;
