/* What a call waits for on other threads: the writer, a reader, a worker. */
#include "service/call_priv.h"

#include "base/hash.h"
#include "net/accept.h"

#include <string.h>

static void on_mail(struct mail *mail)
{
	struct call *call = GC_CONTAINER_OF(mail, struct call, mail);
	call->then(call);
	call_release(call);
}

void call_wait(struct call *call, void (*then)(struct call *call))
{
	call->mail.deliver = on_mail;
	call->then = then;
	call_hold(call);
}

/* Writer thread. */
static void on_written(struct write *write)
{
	struct call *call = GC_CONTAINER_OF(write, struct call, write);
	shard_post_quietly(call->shard, &call->mail);
}

struct write *call_begin_write(struct call *call)
{
	if (call->has_write)
		write_deinit(&call->write);
	call->has_write = true;
	write_init(
		&call->write, call->service->directory, &call->service->hub->audience, on_written);
	if (call->account)
		call->write.actor = account_ref(call->account);
	return &call->write;
}

static void after_write(struct call *call)
{
	enum {
		RETRY_MS = 1000
	};
	if (call->write.reason == REASON_NONE)
		call->after(call);
	else if (reason_code(call->write.reason) == GRPC_STATUS_UNAVAILABLE ||
		 call->write.reason == REASON_DISK_FULL)
		call_fail_later(call, call->write.reason, RETRY_MS);
	else
		call_fail(call, call->write.reason);
}

void call_write(struct call *call, enum reason reason, void (*then)(struct call *call))
{
	if (reason != REASON_NONE) {
		call_fail_account(call, call->account, reason);
		return;
	}
	if (call->write.already) {
		then(call);
		return;
	}
	call->after = then;
	call_wait(call, after_write);
	write_start(&call->write);
}

/* Who was told to wait and doesn't is not worth a read from the store, and is made to wait: at a
 * refusal for each call, a few who ask and ask took half of the shards' time. Any thread. */
static bool must_wait(struct call *call)
{
	return call->account && atomic_load(&call->account->unsent_until_us) > clock_mono().us;
}

/* Reader thread. */
static void run_read(struct store_job *job, struct store_reader *reader)
{
	struct call *call = GC_CONTAINER_OF(job, struct call, job);
	if (must_wait(call))
		call->then = call_refuse_early;
	else
		call->read(call, reader);
	if (!call_keep(call, call->response.len)) {
		control_deinit(&call->response);
		call->then = call_refuse_answer;
	}
	shard_post(call->shard, &call->mail);
}

void call_read(struct call *call, void (*read)(struct call *call, struct store_reader *reader),
	void (*then)(struct call *call))
{
	call->read = read;
	call->job.run = run_read;
	call->job.late = !call->admin; /* behind who catches up, however many pages are asked for */
	call_wait(call, then);
	store_run(call->service->store, &call->job);
}

/* Nobody hears it. */
static void end_unworked(struct call *call)
{
	call_fail(call, REASON_UNAVAILABLE);
}

/* Worker thread. Who guesses passwords and doesn't wait would leave a queue behind that takes half a minute. */
static void run_work(struct worker_job *job)
{
	struct call *call = GC_CONTAINER_OF(job, struct call, worker_job);
	if (atomic_load_explicit(&call->gone, memory_order_relaxed))
		call->then = end_unworked;
	else
		call->work(call);
	shard_post(call->shard, &call->mail);
}

static void refuse_work(struct call *call)
{
	enum {
		RETRY_MS = 2000
	};
	call_fail_log_in(call, LIMITED_LOG_IN_QUEUE, NULL, RETRY_MS);
}

/* Any thread: it waited, and has made room for someone who had waited for less. */
static void drop_work(struct worker_job *job)
{
	struct call *call = GC_CONTAINER_OF(job, struct call, worker_job);
	call->then = refuse_work;
	shard_post(call->shard, &call->mail);
}

void call_work(struct call *call, void (*work)(struct call *call), void (*then)(struct call *call))
{
	char key[ACCEPTOR_ADDRESS_BYTES];
	uint32_t wait_ms;
	acceptor_rate_key(call->peer, key);
	call->work = work;
	call->worker_job.run = run_work;
	call->worker_job.drop = drop_work;
	call->worker_job.owner = hash_bytes(key, strlen(key));
	call->worker_job.late = !call->known && !ratemap_take(call->service->newcomers, key,
							clock_mono(), &wait_ms);
	call_wait(call, then);
	if (worker_submit(call->service->workers, &call->worker_job) == 0)
		return;
	refuse_work(call);
	call_release(call);
}
