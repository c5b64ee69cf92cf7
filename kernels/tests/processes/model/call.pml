/* Model of the call board (kernels/processes/transport/call_board.hpp); README.md explains it. */

#define WORKERS 2
#define CHUNKS 3
#define CALLS 2
#define chunks_of(call) (call == 1 -> CHUNKS : 1)

/* Claims by chunk: the number of the call, and the state. */
#define FREE 0
#define CLAIMED 1
#define TAKEN_BACK 2

/* Memory, as all processes see it. A store is visible only to its own process until it is flushed. */
byte next_call, next_chunk;
byte claim_call[CHUNKS], claim[CHUNKS];
byte ended_call, ended;                 /* value for read-modify-writes */
byte ended_seen;                        /* value for loads */
bool program_sleeps, each_count_rings;
bool worker_sleeps[WORKERS];
byte events;

/* Records of workers; a chunk is one task. */
byte noted_call[WORKERS], noted[WORKERS], notes[6];   /* notes: CHUNKS a worker */
byte started_call[WORKERS], started[WORKERS], done_call[WORKERS], done[WORKERS];

/* Store buffers. */
bool next_waits, sleeps_waits, sleeps_value, ring_waits, worker_waits[WORKERS];
byte count_waits[WORKERS];
byte posted_call;

/* For the assertions. */
byte starts[CHUNKS], resolved[CHUNKS];
bool dead[WORKERS], reported[WORKERS];
byte deaths;
bool over;                              /* all calls have ended */

inline flush_program() {
  d_step {
    if :: next_waits -> next_call = posted_call; next_chunk = 0; next_waits = false :: else fi;
    if :: sleeps_waits -> program_sleeps = sleeps_value; sleeps_waits = false :: else fi;
    if :: ring_waits -> each_count_rings = true; ring_waits = false :: else fi
  }
}
inline flush_worker(w) {
  d_step {
    if :: worker_waits[w] -> worker_sleeps[w] = true; worker_waits[w] = false :: else fi;
    ended_seen = ended_seen + count_waits[w]; count_waits[w] = 0
  }
}

/* Flushes store buffers at any time. */
active proctype memory() {
end:
  do
  :: atomic { (next_waits || sleeps_waits || ring_waits) -> flush_program() }
  :: atomic { (worker_waits[0] || count_waits[0] > 0) -> flush_worker(0) }
  :: atomic { (worker_waits[1] || count_waits[1] > 0) -> flush_worker(1) }
  od
}

/* A worker may be killed between two steps. The kernel flushes its stores. */
#define OR_DIE :: deaths < MOST_DEATHS -> atomic { flush_worker(w); deaths++; dead[w] = true; goto ended_for_good }
#define STEP if :: true OR_DIE fi

inline ring() {
  if :: program_sleeps -> atomic { program_sleeps = false; sleeps_waits = false } :: else fi
}

active [WORKERS] proctype worker() {
  byte w = _pid - 1;
  byte exhausted = 0, call = 0, chunk = 0, uncounted = 0, mine = 0, total = 0;
  bool wins, tells;
again:
  STEP;
  d_step { call = next_call; chunk = next_chunk }                    /* load next */
  if
  :: call == exhausted -> goto nothing_left
  :: call != exhausted && chunk < chunks_of(call) ->
     STEP;
     atomic { call = next_call; chunk = next_chunk;                  /* fetch_add */
              if :: next_chunk < CHUNKS + WORKERS -> next_chunk++ :: else fi }
  :: else
  fi;
  if
  :: chunk >= chunks_of(call) -> exhausted = call; goto nothing_left
  :: else
  fi;
  STEP;
  d_step {                                                           /* record it */
    if :: noted_call[w] != call -> mine = 0; uncounted = 0 :: else fi;
    notes[w * CHUNKS + mine] = chunk; noted_call[w] = call; noted[w] = mine + 1
  }
  STEP;
  d_step {                                                           /* compare_exchange */
    wins = (claim_call[chunk] == call && claim[chunk] == FREE);
    if :: wins -> claim[chunk] = CLAIMED :: else fi
  }
  if
  :: !wins -> STEP; noted[w] = mine; goto again
  :: else
  fi;
  mine++; uncounted++;
  STEP;
  d_step { started_call[w] = call; started[w] = chunk + 1 }
  d_step { starts[chunk]++; assert(starts[chunk] == 1) }
  STEP;
  d_step { done_call[w] = call; done[w] = chunk + 1 }
  goto again;

nothing_left:
  if
  :: uncounted > 0 ->
     STEP;
     d_step {                                                        /* compare_exchange of `ended` */
       tells = false; total = 0;
       if
       :: ended_call == noted_call[w] ->
          /* All see the value that this reads: writes to one word have one order. */
          ended_seen = ended_seen + count_waits[1 - w]; count_waits[1 - w] = 0;
          ended = ended + uncounted; total = ended; count_waits[w] = count_waits[w] + uncounted; tells = true
       :: else
       fi;
       uncounted = 0
     }
     STEP;
     if
     :: tells ->
#ifndef NO_FENCE_AFTER_COUNT
        flush_worker(w);
#endif
        if
        :: total == chunks_of(noted_call[w]) || each_count_rings -> STEP; ring()
        :: else
        fi
     :: else
     fi
  :: else
  fi;
  STEP;
  worker_waits[w] = true;                                            /* about to sleep */
#ifndef NO_FENCE_BEFORE_WORKER_SLEEPS
  flush_worker(w);
#endif
  if
  :: next_call != exhausted -> atomic { worker_waits[w] = false; worker_sleeps[w] = false }; goto again
  :: else
  fi;
  STEP;
  flush_worker(w);                                                   /* futex(2) */
  if
  :: atomic { !worker_sleeps[w] -> goto again }
  :: deaths < MOST_DEATHS -> atomic { deaths++; dead[w] = true; goto ended_for_good }
  :: atomic { over -> goto ended_for_good }
  fi;
ended_for_good:
  skip
}

/* Reports deaths. */
active proctype supervisor() {
  byte w;
end:
  do
  :: atomic { dead[0] && !reported[0] -> reported[0] = true; w = 0 } -> events++; ring()
  :: atomic { dead[1] && !reported[1] -> reported[1] = true; w = 1 } -> events++; ring()
  od
}

inline resolve(k) { assert(!settled[k]); settled[k] = true; left--; resolved[k]++; assert(resolved[k] == 1) }
/* As a message to another worker, which runs it. */
inline send_again(k) { resolve(k); starts[k]++; assert(starts[k] == 1) }
inline last_note(w) { k = notes[w * CHUNKS + i] }

/* Chunks that a worker has recorded and ended. */
inline settle(w) {
  d_step {
    i = 0;
    do
    :: noted_call[w] == call && i < noted[w] ->
       k = notes[w * CHUNKS + i];
       if
       :: !settled[k] && (i + 1 < noted[w] || (done_call[w] == call && done[w] == k + 1)) -> resolve(k)
       :: else
       fi;
       i++
    :: else -> break
    od
  }
}

inline take_back(k) {
  if
  :: !settled[k] && claim_call[k] == call && claim[k] == FREE -> claim[k] = TAKEN_BACK; send_again(k)
  :: else
  fi
}

inline bury(w) {
  in_doubt = true;
  ring_waits = true;                             /* flushed before this sleeps again, and it checks before it sleeps */
  settle(w);
  d_step {                                       /* nobody else writes to the record of a dead worker */
    i = noted[w] - 1;
    if
    :: noted_call[w] == call && noted[w] > 0 ->
       k = notes[w * CHUNKS + i];
       if
       :: settled[k]
       :: else ->
          if
          :: claim_call[k] == call && claim[k] == FREE -> claim[k] = TAKEN_BACK; send_again(k)
          :: claim[k] == CLAIMED && started_call[w] == call && started[w] == k + 1 ->
             assert(starts[k] == 1); resolve(k)  /* WorkerLost is right */
          :: claim[k] == CLAIMED && !(started_call[w] == call && started[w] == k + 1) -> send_again(k)
          :: else
          fi
       fi
    :: else
    fi
  }
  k = 0;
  do
  :: k < chunks_of(call) ->
     atomic { if :: (next_call != call || k < next_chunk) -> take_back(k) :: else fi };
     k++
  :: else -> break
  od
}

active proctype program() {
  byte call = 0, left, k, i, buried = 0;
  bool settled[CHUNKS], in_doubt, was_buried[WORKERS];
  do
  :: call == CALLS -> break
  :: else ->
     d_step {
       call++;
       posted_call = call;
       k = 0;
       do
       :: k < CHUNKS -> settled[k] = false; resolved[k] = 0; starts[k] = 0;
                        claim_call[k] = call; claim[k] = FREE; k++
       :: else -> break
       od;
       k = 0; left = chunks_of(call); in_doubt = false; each_count_rings = false;
       ended_call = call; ended = 0; ended_seen = 0; count_waits[0] = 0; count_waits[1] = 0
     }
     next_waits = true;
#ifndef NO_FENCE_AFTER_OPEN
     flush_program();
#endif
     /* Wakes sleeping workers. */
     if :: worker_sleeps[0] -> worker_sleeps[0] = false :: else fi;
     if :: worker_sleeps[1] -> worker_sleeps[1] = false :: else fi;
     do
     :: left == 0 -> break
     :: else ->
        if
        :: was_buried[0] && was_buried[1] ->                /* no worker lives: take back all free chunks */
           d_step { k = 0; do :: k < chunks_of(call) -> take_back(k); k++ :: else -> break od };
           if :: left == 0 -> break :: else fi
        :: else
        fi;
        if
        :: in_doubt || ended_seen == chunks_of(call) -> settle(0); settle(1); if :: left == 0 -> break :: else fi
        :: else
        fi;
        /* About to sleep. */
        sleeps_waits = true; sleeps_value = true;
#ifndef NO_FENCE_BEFORE_PROGRAM_SLEEPS
        flush_program();
#endif
        if
        :: in_doubt -> settle(0); settle(1)
        :: else
        fi;
        if
        :: left == 0 || (!in_doubt && ended_seen == chunks_of(call)) || events != buried
        :: else -> flush_program(); !program_sleeps         /* futex(2) */
        fi;
        atomic { sleeps_waits = false; program_sleeps = false };
        if
        :: reported[0] && !was_buried[0] -> was_buried[0] = true; buried++; bury(0)
        :: else
        fi;
        if
        :: reported[1] && !was_buried[1] -> was_buried[1] = true; buried++; bury(1)
        :: else
        fi
     od;
     skip;
     d_step { k = 0; do :: k < chunks_of(call) -> assert(resolved[k] == 1 && starts[k] == 1); k++ :: else -> break od; k = 0 }
  od;
  over = true
}
