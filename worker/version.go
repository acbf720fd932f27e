package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/config"
)

// deployment says which version of the program this is, where versions are told apart.
//
// Every workflow goes over to the version that is made current, and none is pinned to the one that began it: two releases must not
// be at work on the documents of the store at once (docs/operations.md), and a pinned run would keep its release at work for as long as
// it waits for B1. Histories of earlier releases are fit for that: each change of a workflow is behind GetVersion, with versions or without.
func deployment(s *config.Worker) worker.DeploymentOptions {
	if s.BuildID == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning:             true,
		Version:                   worker.WorkerDeploymentVersion{DeploymentName: s.Deployment, BuildID: s.BuildID},
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}
}

const (
	// introduced is how long the server has to hear of a version: workers introduce it with their first question for work.
	introduced = 30 * time.Second
	askVersion = 500 * time.Millisecond
)

// tellVersion says at the start whether this version gets work. One that was started and never made current looks well and does nothing, and so
// does a worker without a version where WORKER_BUILD_ID was forgotten.
func tellVersion(ctx context.Context, c client.Client, s *config.Worker, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, introduced)
	defer cancel()
	if s.BuildID == "" {
		if current, err := currentVersion(ctx, c, s.Deployment); err == nil && current != "" {
			log.Warn("workers without a version get no work while a version is current", "deployment", s.Deployment, "current", current,
				"command", fmt.Sprintf("temporal worker deployment set-current-version --deployment-name %s --unversioned --yes", s.Deployment))
		}
		return
	}
	log = log.With("deployment", s.Deployment, "build_id", s.BuildID)
	current, err := currentVersion(ctx, c, s.Deployment)
	for err != nil {
		select {
		case <-ctx.Done():
			if ctx.Err() == context.DeadlineExceeded { // and not told to stop
				log.Warn("Temporal does not say which version is current", "error", err)
			}
			return
		case <-time.After(askVersion):
		}
		current, err = currentVersion(ctx, c, s.Deployment)
	}
	if current == s.BuildID {
		log.Info("this version is current: it gets the work")
		return
	}
	log.Warn("this version gets no work until it is made current", "current", current,
		"command", setCurrent(s.Deployment, s.BuildID))
}

// setCurrent is the command that makes a version current. Without --yes it asks, and in a container nobody answers.
func setCurrent(deployment, buildID string) string {
	return fmt.Sprintf("temporal worker deployment set-current-version --deployment-name %s --build-id %s --yes", deployment, buildID)
}

// currentVersion is the build ID that gets the work, empty while none does.
func currentVersion(ctx context.Context, c client.Client, deployment string) (buildID string, err error) {
	d, err := c.WorkerDeploymentClient().GetHandle(deployment).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if err != nil {
		return "", err
	}
	if v := d.Info.RoutingConfig.CurrentVersion; v != nil {
		buildID = v.BuildID
	}
	return buildID, nil
}
