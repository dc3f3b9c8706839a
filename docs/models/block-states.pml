// SPDX-License-Identifier: Apache-2.0
/*
 * The life of a block, for spin: "make model" searches every order of events, and shows that no
 * address is given to a pod while a pod of another node has it, or may get it. The states are in
 * docs/resources.md as a table.
 *
 * One block, three nodes. Blocks share nodes, the leader and whether it settles, and what is
 * missing of one only delays what is new of all; so what holds of one block holds of each of many.
 *
 * The model does what the code does, or more: a node wants a block, or is to give it back,
 * whenever it likes; an agent claims whatever it likes; who watches hears of a change at any time or
 * never. Who is down does nothing. A write that names the version that it was decided from is one
 * step with its decision, as nothing came in between where it succeeds. Where time is waited out
 * (hold, grace, --settle-time) the model waits for what the time is for.
 *
 * Not in it: routes, pools and ranges, blocks of unequal size, the addresses of nodes, a Node of the
 * same name on another machine, and the parts of one ADD.
 *
 * -DBUG_... breaks a rule of the code, -DLIMIT_... an assumption that is among "What stays
 * impossible" in docs/operations.md: with each of them the search must find the assertion violated.
 */
#define NODES 3
#define NOBODY NODES

/* The IPAllocation: spec.state, spec.node, the condition Releasing (False, Unknown, True), and
 * whether the agent says Drained=True of this generation of the spec; or said so in a backup. */
mtype:state = { Absent, Claimed, Active, Draining };
mtype:release = { Kept, Grace, Releasing };
mtype:report = { InUse, Drained, DrainedInBackup };
mtype:state state = Absent;
byte owner = NOBODY;
mtype:release release = Kept;
mtype:report report = InUse;

/* Which Nodes are there; that of NOBODY never is. */
bool isThere[NODES + 1];

/* The leader: whose it remembers the block to be (BlockMemory), and whether it settles. Whether the
 * Lease is one that nobody renewed for two lease durations. */
byte remembered = NOBODY;
bool settling, leaseOld;

/* What a leader is about to write since it read that the Node is gone; OldDelete: one that sleeps
 * while another leads. */
mtype:next = { Nothing, Delete, OldDelete, ReadAgain };
mtype:next next = Nothing;

/* The agents: the block's state there (Other: not its own, or lost; Leaves: DRAINING or RELEASING),
 * whether blocks.json has it as ACTIVE, and whether pods have addresses of it; Lost: of a block that
 * was taken from the node, as an Event BlockLost says. */
mtype:view = { Other, Serves, Leaves };
mtype:pods = { None, Some, Lost };
mtype:view view[NODES];
bool file[NODES];
mtype:pods pods[NODES];

#ifdef BUG_GIVES_WHILE_DRAINING
#define gives(n) (view[n] != Other)
#else
#define gives(n) (view[n] == Serves)
#endif
#define serves(n) (gives(n) || file[n])
#define uses(n) (serves(n) || pods[n] == Some)
#define has(n) (state != Absent && owner == n)
#define isLostOf(n) (has(n) -> state == Claimed && serves(n) : uses(n))
#define givenBy(n) (gives(n) || pods[n] == Some)

#define isOf(n, what) ((n) == 0 && what(0) || (n) == 1 && what(1) || (n) == 2 && what(2))
#define isOfOther(n, what) ((n) != 0 && what(0) || (n) != 1 && what(1) || (n) != 2 && what(2))

#define isOwnerThere isThere[owner]
#define isReturned (state == Draining && report != InUse)

/* ---- what time is waited out for, and what is assumed ---- */

/* The hold: the agent of a block that is released has heard so, or has said whether it is empty. */
#define isHeard (release != Releasing || !isOf(owner, serves) && report != DrainedInBackup)
/* --settle-time: each agent has claimed what it serves. */
#define isClaimed (!isOfOther(NOBODY, isLostOf))

#ifdef BUG_NO_HOLD
#define isHeld true
#else
#define isHeld isHeard
#endif
#ifdef LIMIT_RELEASING_LOST /* one that is Releasing is not deleted by hand, nor restored away */
#define mayBeLost true
#else
#define mayBeLost isHeard
#endif
#ifdef LIMIT_AGENT_DOWN
#define isSettled true
#else
#define isSettled isClaimed
#endif
#ifdef LIMIT_LEADER_REPLACED /* while allocations are missing the leader, which knows of them, is not */
#define mayForget true
#else
#define mayForget isClaimed
#endif
#ifdef LIMIT_MOVED /* no other node got the block since the backup */
#define mayBeIn(n) true
#else
#define mayBeIn(n) (!isOfOther(n, uses))
#endif
#ifdef LIMIT_FALSE_CLAIM /* what nobody remembers is claimed by the node that has it */
#define mayClaim(n) true
#define isNoFalseClaim true
#else
#define mayClaim(n) (!serves(n) && (remembered != NOBODY || !isOfOther(n, uses)))
#define isNoFalseClaim (state != Claimed || !isOfOther(owner, uses))
#endif

/* ---- writes ---- */

/* What was decided from the version before is answered 409. */
inline changed() {
#ifdef BUG_UNCONDITIONAL
  skip
#else
  next = Nothing
#endif
}

inline put(newState, newOwner) {
  state = newState;
  owner = newOwner;
  release = Kept;
  report = InUse;
  changed()
}

inline setState(newState) {
  state = newState;
#ifndef BUG_ANY_GENERATION
  report = InUse;
#endif
  changed()
}

inline setRelease(newRelease) {
  release = newRelease;
  changed()
}

/* From now on the block is free for others, though pods of this node may have addresses of it. */
inline free(n) {
  if
  :: isOf(n, uses) && pods[n] == Some -> pods[n] = Lost
  :: else
  fi
}

/* BlockMemory.observe */
inline observe() {
  if
  :: state == Absent || state == Claimed
  :: else -> remembered = (release == Releasing && (!isOwnerThere || isReturned) -> NOBODY : owner)
  fi
}

/* The allocation goes, and the leader did not delete it. */
inline lose() {
  observe();
  if
  :: remembered == NOBODY && !isReturned -> free(owner)
  :: else
  fi;
  put(Absent, NOBODY)
}

/* ---- the operator ---- */

#ifdef BUG_NO_MEMORY
#define isFree true
#define isOfAnother false
#else
#define isFree (remembered == NOBODY)
#define isOfAnother (remembered != NOBODY && remembered != owner)
#endif
#ifdef BUG_CLAIM_OF_ONE_AWAY
#define isRefused (state == Claimed && isOfAnother && isThere[remembered])
#else
#define isRefused (state == Claimed && isOfAnother)
#endif

active proctype Operator() {
end:
  do
  /* Claims; where nothing is remembered one may be refused for another reason, such as maxBlocksPerNode */
  :: d_step { state == Claimed && isOwnerThere && !isRefused -> setState(Active); remembered = owner }
  :: d_step { isRefused -> put(Absent, NOBODY) }
  :: d_step { state == Claimed && isFree -> free(owner); put(Absent, NOBODY) }

  /* Drains */
  :: d_step { state == Active && isOwnerThere -> setState(Draining) }
  :: d_step { state == Draining && isOwnerThere -> setState(Active) }

  /* ReleaseProgress: the node gave it back, is gone, or has it again */
  :: d_step { release == Kept && isReturned -> setRelease(Releasing) }
  :: d_step { release == Kept && state != Absent && !isOwnerThere && !isReturned && !isRefused -> setRelease(Grace) }
  :: d_step { release == Grace && !isOwnerThere && !isRefused -> setRelease(Releasing) }
  :: d_step { release == Grace && isOwnerThere -> setRelease(Kept) }
  :: d_step { release == Releasing && isOwnerThere && !isReturned -> setRelease(Kept) }

  /* AllocationWriter.delete */
  :: d_step { release == Releasing && isReturned && isHeld -> remembered = NOBODY; put(Absent, NOBODY) }
  :: d_step { release == Releasing && !isReturned && !isOwnerThere && !isRefused && isHeld && next == Nothing -> next = Delete }
  :: d_step { next == Delete -> remembered = owner; put(Absent, NOBODY); next = ReadAgain };
     if
     :: d_step { next == ReadAgain -> next = Nothing;
          if
          :: isThere[remembered]
          :: else -> free(remembered); remembered = NOBODY
          fi;
#ifdef BUG_NO_SECOND_READ
          remembered = NOBODY
#endif
        }
     :: next != ReadAgain
     fi
  :: d_step { next == OldDelete -> lose(); next = Nothing }

  /* BlockMemory.expire, after the grace */
  :: d_step { state == Absent && next == Nothing && !isFree && !isThere[remembered] && !isOf(remembered, serves) ->
       free(remembered); remembered = NOBODY }
  od
}

active proctype Leader() {
end:
  do
  /* another leads, and settles where the Lease was old; the last may sleep */
  :: d_step { (leaseOld || mayForget) && isNoFalseClaim ->
#ifndef BUG_NO_SETTLING
       settling = leaseOld;
#endif
       leaseOld = false;
       remembered = NOBODY;
       observe();
       if
       :: next == ReadAgain -> next = Nothing
       :: next == Delete -> next = OldDelete
       :: else
       fi }
  :: d_step { settling && isSettled -> settling = false }
  /* the leader goes on, and renews the Lease */
  :: d_step { leaseOld && mayForget -> leaseOld = false }

  /* the allocation is deleted by hand, or was not yet when the backup was made that is restored */
  :: d_step { state != Absent && mayBeLost -> lose() }
  :: d_step { mayBeLost -> lose(); leaseOld = true }
  od
}

/* ---- a node ---- */

/* AllocationTable: what the watch reports */
inline hear(n) {
  if
#ifdef BUG_CLAIM_COUNTS
  :: owner != n -> view[n] = Other
#else
  :: owner != n || state == Claimed -> view[n] = Other
#endif
  :: owner == n && state != Claimed && (release == Releasing || state == Draining) -> view[n] = Leaves
  :: else ->
     view[n] = Serves;
     if
     :: pods[n] == Lost -> pods[n] = Some
     :: else
     fi
  fi
}

proctype Node(byte n) {
end:
  do
  /* ADD, DEL */
  :: d_step { gives(n) && pods[n] != Some -> assert(!isOfOther(n, givenBy)); pods[n] = Some }
  :: d_step { pods[n] != None -> pods[n] = None }

  /* the agent hears of the allocation, writes blocks.json, and is started again */
  :: d_step { true -> hear(n) }
  :: d_step { file[n] != (view[n] == Serves) -> file[n] = (view[n] == Serves) }
  :: d_step { view[n] != (file[n] -> Serves : Other) -> view[n] = (file[n] -> Serves : Other) }

  /* DrainedBlocks */
  :: d_step { has(n) && state == Draining && view[n] == Leaves &&
#ifndef BUG_DRAINED_BEFORE_SAVED
         !file[n] &&
#endif
         report != (pods[n] == None -> Drained : InUse) ->
       report = (pods[n] == None -> Drained : InUse); changed() }

  /* ClaimWriter; or a mistake, or a stolen token */
  :: d_step { state == Absent && isThere[n] && mayClaim(n) -> put(Claimed, n) }

  /* AllocationPlanner: the node gets the block */
  :: d_step { state == Absent && next == Nothing && isFree && !settling && isThere[n] ->
       put(Active, n); remembered = n }

  /* a backup of etcd is restored, in which the node has the block */
  :: d_step { mayBeLost && mayBeIn(n) -> lose(); put(Claimed, n); leaseOld = true }
  :: d_step { mayBeLost && mayBeIn(n) -> lose(); put(Active, n); leaseOld = true }
  :: d_step { mayBeLost && mayBeIn(n) -> lose(); put(Draining, n); report = DrainedInBackup; leaseOld = true }

  /* the Node is deleted, maybe by mistake, and registered again; the machine boots or ends */
  :: d_step { true -> isThere[n] = !isThere[n] }
  :: d_step { view[n] != Other || file[n] || pods[n] != None -> view[n] = Other; file[n] = false; pods[n] = None }
  od
}

init {
  byte n;
  atomic {
    do
    :: n < NODES -> isThere[n] = true; view[n] = Other; pods[n] = None; run Node(n); n++
    :: else -> n = 0; break
    od
  }
}
