/*
 * The writer: one thread that takes whatever waits (up to a limit of ops and bytes), writes it in
 * one transaction, and then completes each op. No timer: an idle store commits one op at a time,
 * and under load the batches grow by themselves. Trimming goes in slices between two batches.
 *
 *   submit -> queue -> take -> [ gate ] -> begin, apply..., commit -> on_done... -> on_batch
 *
 * A transaction that fails is rolled back and all its ops get the reason. Damage is told apart: the
 * op that met it gets STORE_DAMAGED and the rest is written without it.
 */
#pragma once

#include "base/pulse.h"
#include "store/gate.h"
#include "store/store_priv.h"
#include "store/trim_queue.h"
#include <pthread.h>
#include <stdatomic.h>

enum {
	WRITER_TRIES_MAX = 8, /* ops with damage left out of one batch; then the rest waits */
};

struct writer_slot {
	struct store_op *op;
	enum store_status status;
	bool settled; /* stays out of the transaction; `status` is final */
};

struct writer {
	const struct store_engine *engine; /* borrowed: static */
	void *impl; /* borrowed: the engine's, outlives the thread */
	void (*on_batch)(void *arg); /* may be NULL */
	void *arg;
	size_t batch_max;
	size_t queue_max;
	pthread_t thread;

	struct { /* any thread, under mu */
		pthread_mutex_t mu;
		pthread_cond_t wake; /* work, or stopping */
		struct store_op *head; /* borrowed, oldest first */
		struct store_op *tail;
		size_t len;
		struct trim_queue trims;
		bool resting; /* waits for work */
		bool stopping;
	} shared;

	struct pulse pulse; /* beats with each op and each log that is trimmed */

	struct writer_slot *batch; /* owned: batch_max; this and the rest: writer's thread */
	size_t batch_len;
	struct gate gate;
	struct trim trim; /* under way when trimming */
	bool trimming;

	/* Read by any thread. */
	_Atomic(enum store_health) health;
	_Atomic uint64_t commits;
	_Atomic uint64_t events;
	_Atomic uint64_t commit_us;
};

/* Prepares `writer`; the engine is open. writer_deinit, also when writer_start fails. */
void writer_init(struct writer *writer, const struct store_engine *engine, void *impl,
	const struct store_options *options);
int writer_start(struct writer *writer) GC_MUST_CHECK;
/* Completes all that was submitted and ends the thread. */
void writer_stop(struct writer *writer);
void writer_deinit(struct writer *writer);

/* Any thread. */
void writer_submit(struct writer *writer, struct store_op *op);
void writer_trim(struct writer *writer, uint64_t log, uint64_t floor);
size_t writer_queue_len(struct writer *writer);
/* Whether it waits, and rightly: there is no work. */
bool writer_rests(struct writer *writer);
