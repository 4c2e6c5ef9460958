(** A checker of LRAT proofs without RAT steps, proved correct here and then
    extracted to OCaml.

    The clauses of a CNF have the ids 1, 2, ...  A step of a proof either deletes
    clauses, or adds one (a lemma) with hints: ids of clauses.  To check a lemma, let
    all its literals be false and go through its hints: all literals but one of the
    clause of a hint must be false, so that one becomes true; or all of them are
    false, which is the contradiction sought.  So whoever satisfies the clauses there
    are satisfies the lemma as well, and nobody satisfies the empty clause.

    The theorem, [lrup_sound]: if [check] accepts a proof for a CNF, then no values of
    the variables satisfy all clauses of the CNF.  There are no axioms, and nothing is
    asked of the proof: ids may be reused or unknown, clauses may be of any form.

    The recursive functions below call themselves last, so that their extracted code
    needs little stack whatever the sizes of clauses, hints and proofs. *)
From Coq Require Import PArith List Bool FMapPositive.
Import ListNotations.
Module Map := PositiveMap.

Inductive literal := Pos (variable : positive) | Neg (variable : positive).
Definition clause := list literal.
Definition clauses := Map.t clause. (* by id *)

Inductive step :=
  | Add (id : positive) (lemma : clause) (hints : list positive)
  | Delete (ids : list positive).

(** ** The meaning of clauses *)

Definition values := positive -> bool.

Definition true_literal (r : values) (l : literal) : bool :=
  match l with Pos v => r v | Neg v => negb (r v) end.

Definition true_clause (r : values) (c : clause) : bool := existsb (true_literal r) c.

Definition satisfies (r : values) (cnf : list clause) : Prop :=
  Forall (fun c => true_clause r c = true) cnf.

(** ** The checker *)

(** What is known while a lemma is checked: values of some variables. *)
Definition known := Map.t bool.

Definition make_true (l : literal) (k : known) : known :=
  match l with Pos v => Map.add v true k | Neg v => Map.add v false k end.

Definition make_false (k : known) (l : literal) : known :=
  match l with Pos v => Map.add v false k | Neg v => Map.add v true k end.

Definition is_false (k : known) (l : literal) : bool :=
  match l with
  | Pos v => match Map.find v k with Some false => true | _ => false end
  | Neg v => match Map.find v k with Some true => true | _ => false end
  end.

Definition same (a b : literal) : bool :=
  match a, b with
  | Pos v, Pos w => Pos.eqb v w
  | Neg v, Neg w => Pos.eqb v w
  | _, _ => false
  end.

Inductive rest := Nothing | Only (l : literal) | Several.

(** What is left of a clause without its false literals, if all others are [l]. *)
Fixpoint others (k : known) (l : literal) (c : clause) : rest :=
  match c with
  | [] => Only l
  | m :: c' => if is_false k m then others k l c' else if same l m then others k l c' else Several
  end.

(** What is left of a clause without its false literals. *)
Fixpoint left (k : known) (c : clause) : rest :=
  match c with
  | [] => Nothing
  | l :: c' => if is_false k l then left k c' else others k l c'
  end.

Inductive flaw :=
  | Unknown_hint (id : positive)
  | Useless_hint (id : positive) (* more than one literal is left *)
  | Too_few_hints.

(** [None] if the hints lead to a contradiction. *)
Fixpoint follow (d : clauses) (hints : list positive) (k : known) : option flaw :=
  match hints with
  | [] => Some Too_few_hints
  | h :: hints' =>
      match Map.find h d with
      | None => Some (Unknown_hint h)
      | Some c =>
          match left k c with
          | Nothing => None
          | Only l => follow d hints' (make_true l k)
          | Several => Some (Useless_hint h)
          end
      end
  end.

Inductive outcome :=
  | Go_on (d : clauses)
  | Refuted (* the empty clause is derived *)
  | Refused (why : flaw).

Definition do_step (d : clauses) (s : step) : outcome :=
  match s with
  | Delete ids => Go_on (fold_left (fun d i => Map.remove i d) ids d)
  | Add id lemma hints =>
      match follow d hints (fold_left make_false lemma (Map.empty bool)) with
      | None => match lemma with [] => Refuted | _ => Go_on (Map.add id lemma d) end
      | Some why => Refused why
      end
  end.

(** [check] looks at the steps one after the other, and all it remembers of those it
    has seen are the clauses in [d].  So a program need not hold a proof as a list: it
    may read a step, replace [d] by the clauses that [do_step] gives, and read the
    next step, until [do_step] gives [Refuted] ([check] is true) or [Refused] (false);
    [check_next] and [check_last] below say that this is what [check] does. *)
Fixpoint check (d : clauses) (proof : list step) : bool :=
  match proof with
  | [] => false
  | s :: proof' =>
      match do_step d s with
      | Go_on d' => check d' proof'
      | Refuted => true
      | Refused _ => false
      end
  end.

Fixpoint load_from (i : positive) (cnf : list clause) (d : clauses) : clauses :=
  match cnf with
  | [] => d
  | c :: cnf' => load_from (Pos.succ i) cnf' (Map.add i c d)
  end.

Definition load (cnf : list clause) : clauses := load_from 1 cnf (Map.empty clause).

(** ** Its correctness *)

Definition all_true (r : values) (d : clauses) : Prop :=
  forall i c, Map.find i d = Some c -> true_clause r c = true.

Definition agrees (r : values) (k : known) : Prop :=
  forall v b, Map.find v k = Some b -> r v = b.

Lemma agrees_add r k v b : agrees r k -> r v = b -> agrees r (Map.add v b k).
Proof.
  intros K V w x W. destruct (Pos.eq_dec w v) as [->|N].
  - rewrite Map.gss in W. congruence.
  - rewrite Map.gso in W by assumption. auto.
Qed.

Lemma agrees_true r k l : agrees r k -> true_literal r l = true -> agrees r (make_true l k).
Proof.
  destruct l as [v|v]; cbn; intros K L; apply agrees_add; auto. now apply negb_true_iff.
Qed.

Lemma agrees_false r k l : agrees r k -> true_literal r l = false -> agrees r (make_false k l).
Proof.
  destruct l as [v|v]; cbn; intros K L; apply agrees_add; auto. now apply negb_false_iff.
Qed.

Lemma agrees_lemma r c : forall k,
  agrees r k -> true_clause r c = false -> agrees r (fold_left make_false c k).
Proof.
  induction c as [|l c IH]; cbn; intros k K C; [exact K|].
  apply orb_false_iff in C as [L C]. apply IH; [|exact C]. now apply agrees_false.
Qed.

Lemma is_false_sound r k l : agrees r k -> is_false k l = true -> true_literal r l = false.
Proof.
  intros K. destruct l as [v|v]; cbn; destruct (Map.find v k) as [[|]|] eqn:E;
    intros H; try discriminate; now rewrite (K _ _ E).
Qed.

Lemma same_sound a b : same a b = true -> a = b.
Proof.
  destruct a, b; cbn; intros H; try discriminate; f_equal; now apply Pos.eqb_eq.
Qed.

Lemma others_sound r k l m c : agrees r k ->
  others k l c = Only m -> true_clause r (l :: c) = true -> true_literal r m = true.
Proof.
  intros K. induction c as [|n c IH]; cbn; intros O C.
  - injection O as <-. now rewrite orb_false_r in C.
  - destruct (is_false k n) eqn:F.
    + rewrite (is_false_sound r k n K F) in C. now apply IH.
    + destruct (same l n) eqn:S; [|discriminate]. apply same_sound in S as <-.
      apply IH; [exact O|]. cbn. now destruct (true_literal r l).
Qed.

Lemma others_something k l c : others k l c <> Nothing.
Proof.
  induction c as [|m c IH]; cbn; [discriminate|].
  destruct (is_false k m); [exact IH|]. destruct (same l m); [exact IH|discriminate].
Qed.

Lemma left_sound r k c : agrees r k -> true_clause r c = true ->
  match left k c with Nothing => False | Only l => true_literal r l = true | Several => True end.
Proof.
  intros K. induction c as [|l c IH]; intros C; [discriminate|]. cbn.
  destruct (is_false k l) eqn:F.
  - apply IH. cbn in C. now rewrite (is_false_sound r k l K F) in C.
  - destruct (others k l c) eqn:O; [|now apply (others_sound r k l _ c)|exact I].
    now apply others_something in O.
Qed.

Lemma follow_sound r d : all_true r d ->
  forall hints k, agrees r k -> follow d hints k <> None.
Proof.
  intros D. induction hints as [|h hints IH]; cbn; intros k K; [discriminate|].
  destruct (Map.find h d) as [c|] eqn:E; [|discriminate].
  pose proof (left_sound r k c K (D h c E)) as L.
  destruct (left k c) as [|l|]; [contradiction| |discriminate].
  apply IH. now apply agrees_true.
Qed.

Lemma lemma_sound r d c hints : all_true r d ->
  follow d hints (fold_left make_false c (Map.empty bool)) = None ->
  true_clause r c = true.
Proof.
  intros D H. destruct (true_clause r c) eqn:C; [reflexivity|]. exfalso.
  revert H. apply (follow_sound r d D). apply agrees_lemma; [|exact C].
  intros v b V. now rewrite Map.gempty in V.
Qed.

Lemma all_true_add r d i c :
  all_true r d -> true_clause r c = true -> all_true r (Map.add i c d).
Proof.
  intros D C j e E. destruct (Pos.eq_dec j i) as [->|N].
  - rewrite Map.gss in E. congruence.
  - rewrite Map.gso in E by assumption. eauto.
Qed.

Lemma all_true_delete r ids : forall d,
  all_true r d -> all_true r (fold_left (fun d i => Map.remove i d) ids d).
Proof.
  induction ids as [|i ids IH]; cbn; intros d D; [exact D|]. apply IH. intros j c E.
  destruct (Pos.eq_dec j i) as [->|N]; [now rewrite Map.grs in E|].
  rewrite Map.gro in E by assumption. eauto.
Qed.

Lemma step_sound r d s : all_true r d ->
  match do_step d s with Go_on d' => all_true r d' | Refuted => False | Refused _ => True end.
Proof.
  intros D. destruct s as [id c hints|ids]; cbn; [|now apply all_true_delete].
  destruct (follow _ _ _) eqn:H; [exact I|].
  pose proof (lemma_sound r d c hints D H) as C.
  destruct c; [discriminate C|]. now apply all_true_add.
Qed.

Lemma check_sound r proof : forall d, all_true r d -> check d proof = false.
Proof.
  induction proof as [|s proof IH]; cbn; intros d D; [reflexivity|].
  pose proof (step_sound r d s D) as S.
  destruct (do_step d s); [now apply IH|contradiction|reflexivity].
Qed.

Lemma load_sound r cnf : forall i d,
  all_true r d -> satisfies r cnf -> all_true r (load_from i cnf d).
Proof.
  induction cnf as [|c cnf IH]; cbn; intros i d D S; [exact D|].
  inversion S. apply IH; [|assumption]. now apply all_true_add.
Qed.

Theorem lrup_sound cnf proof :
  check (load cnf) proof = true -> forall r : values, ~ satisfies r cnf.
Proof.
  intros H r S. rewrite (check_sound r) in H; [discriminate|].
  apply load_sound; [|exact S]. intros i c E. now rewrite Map.gempty in E.
Qed.

(** ** Steps one after the other

    The steps that have been accepted, and the clauses after them. *)
Inductive after (d : clauses) : list step -> clauses -> Prop :=
  | After_none : after d [] d
  | After_step d' d'' s seen :
      after d seen d' -> do_step d' s = Go_on d'' -> after d (seen ++ [s]) d''.

Lemma check_next d seen d' : after d seen d' ->
  forall proof, check d (seen ++ proof) = check d' proof.
Proof.
  induction 1 as [|d' d'' s seen _ IH E]; intros proof; [reflexivity|].
  rewrite <- app_assoc, IH. cbn. now rewrite E.
Qed.

Lemma check_last d seen d' s : after d seen d' ->
  forall proof, do_step d' s = Refuted -> check d (seen ++ s :: proof) = true.
Proof.
  intros A proof E. rewrite (check_next d seen d' A). cbn. now rewrite E.
Qed.

(** What the program relies on. *)
Theorem steps_sound cnf seen d s :
  after (load cnf) seen d -> do_step d s = Refuted -> forall r : values, ~ satisfies r cnf.
Proof.
  intros A E. apply (lrup_sound cnf (seen ++ [s])). now apply (check_last _ _ d).
Qed.

Print Assumptions lrup_sound.
Print Assumptions steps_sound.

From Coq Require Extraction ExtrOcamlBasic.
Set Warnings "-extraction-opaque-accessed". (* of unused parts of the map library *)
Extraction Language OCaml.
Extraction "lrup.ml" do_step check load.
