package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// ReconciliationLease is how long a reconciliation that is not heard of counts as under way. One that waits says every ten minutes that it is there.
const ReconciliationLease = 30 * time.Minute

func reconciling(instance string) string { return "reconciliation of " + instance }

// TakeReconciliation gives the instance to a reconciliation, or more time when it has it already. busy names the one that has it; empty for taken. An earlier
// run of the same workflow has it no more: Temporal has but one at a time.
func (s *Store) TakeReconciliation(ctx context.Context, run Run) (busy string, err error) {
	taken, err := s.Lease(ctx, reconciling(run.Instance), run.ID, ReconciliationLease)
	if err != nil || taken {
		return "", err
	}
	var is lease
	err = s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: leaseID(reconciling(run.Instance))}}).Decode(&is)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return "", fmt.Errorf("find the reconciliation that is under way: %w", err)
	}
	if err == nil && (run.WorkflowID == "" || !strings.HasPrefix(is.Owner, run.WorkflowID+"/")) {
		return is.Owner, nil
	}
	if err := s.LeaveReconciliation(ctx, run.Instance, is.Owner); err != nil {
		return "", err
	}
	if taken, err = s.Lease(ctx, reconciling(run.Instance), run.ID, ReconciliationLease); err == nil && !taken {
		busy = "one that has begun at this moment"
	}
	return busy, err
}

// KeepReconciliation gives a reconciliation more time, unless another has taken the instance meanwhile.
func (s *Store) KeepReconciliation(ctx context.Context, run Run) error {
	_, err := s.Lease(ctx, reconciling(run.Instance), run.ID, ReconciliationLease)
	return err
}

// LeaveReconciliation gives the instance free, if that reconciliation has it.
func (s *Store) LeaveReconciliation(ctx context.Context, instance, run string) error {
	return s.EndLease(ctx, reconciling(instance), run)
}
