// Package b1sim simulates the Service Layer of one SAP Business One company over HTTP.
//
// It answers as SAP's public manual ("Working with SAP Business One Service Layer", named "Service Layer manual" in
// the comments here), the API reference, SAP Notes, and recorded answers of real servers say that B1 answers: its odd
// cookies, its error codes, its page links, its own arithmetic, its approval drafts that answer with an error, and its
// failures in the middle of a commit. It shares no code with the connector that talks to it, so it cannot share its
// mistakes.
//
// A Company is an http.Handler. The roots /b1s/v1 (OData 3) and /b1s/v2 (OData 4) serve the same data in the shapes of
// the two versions; /ping/ is SAP's health check; /state and /control are not SAP's: through them a test or a visitor
// reads what the company holds and orders faults. Nothing is logged.
//
// Faults are ordered by rules (Rule, POST /control), each for the next so many calls, for each n-th, or by a chance:
//
//	refuse_before_commit   the connection is closed, nothing was done
//	502_before_commit      the proxy's page, nothing was done
//	commit_then_drop       done, then the connection is closed
//	commit_then_502        done, then the proxy's page
//	reply_late             done, answered after delay
//	slow                   every call takes delay longer
//	unavailable            503 as a page
//	empty_500              500 without a body, nothing was done
//	session_expire         all sessions end
//	commit_failed_1116     -1116, nothing was done
//	commit_1116_committed  -1116, yet it was done
//	approval               the order becomes a draft, the answer is -2028
//	locked_period          -4013
//	missing_rate           no exchange rate
//	unknown_item           the last line's item is unknown
//	negative_stock         the last line's item is out of stock
//	notification_veto      the customer's own check refuses, with text
//	batch_veto_drop        a veto inside $batch kills the node: no answer, nothing done
//
// Several rules may strike one call: it can be slow, find its session gone, and have its reply lost. Beside the rules there are
// outages of the whole (Outage: the machine is down, the balancer has no node, the network is cut), latencies, and a knee:
// a number of calls at once beyond which throughput stops growing and latency grows instead.
//
// A chance is drawn from Config.Seed and from what a call is about, not from the order in which calls come in. The same calls
// are struck in each run with the same seed and rules, also when many come at once.
package b1sim
