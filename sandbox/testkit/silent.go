package testkit

import (
	"log/slog"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// Silent is a logger that says nothing.
func Silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Suite makes Temporal's test environments. They log nothing: thousands of lines hide what a test that fails has to say.
func Suite() *testsuite.WorkflowTestSuite {
	s := &testsuite.WorkflowTestSuite{}
	s.SetLogger(log.NewStructuredLogger(Silent()))
	return s
}

// WorkflowEnvironment is one of Suite's for a workflow. It gives up after a minute in which nothing happens, or a workflow does not
// yield, instead of three seconds and one: a busy machine may take these for a step.
func WorkflowEnvironment() *testsuite.TestWorkflowEnvironment {
	env := Suite().NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	return env
}
