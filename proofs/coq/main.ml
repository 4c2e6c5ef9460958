(* lrup-check FILE.cnf FILE.lrat: is the proof FILE.lrat (text LRAT, no RAT steps) one
   of the unsatisfiability of FILE.cnf (DIMACS)?

   Lrup, extracted from Lrup.v, decides; what is here reads the two files, hands over
   the steps of the proof one after the other, and reports.  Exit status:
   0  VERIFIED: the empty clause was derived; what follows it in the proof is not read
   1  NOT VERIFIED: a step was refused, or the empty clause was not derived
   2  a file could not be read or is malformed *)

open Lrup

exception Malformed of string
exception Not_verified of string

(* Characters, the line they are in, and numbers *)

type reader = {
  name : string;
  channel : in_channel;
  buffer : Bytes.t;
  mutable size : int;
  mutable position : int;
  mutable line : int;
}

let malformed reader text =
  raise (Malformed (Printf.sprintf "%s, line %d: %s" reader.name reader.line text))

let reading name work =
  let channel = open_in_bin name in
  let buffer = Bytes.create 65536 in
  let reader = { name; channel; buffer; size = 0; position = 0; line = 1 } in
  Fun.protect ~finally:(fun () -> close_in_noerr channel) (fun () -> work reader)

let end_of_file = '\000' (* so this character is not allowed in the files *)

let fill reader =
  try input reader.channel reader.buffer 0 (Bytes.length reader.buffer)
  with Sys_error text -> raise (Malformed (reader.name ^ ": " ^ text))

(* The next character, which stays the next one. *)
let peek reader =
  if reader.position = reader.size then begin
    reader.size <- fill reader;
    reader.position <- 0
  end;
  if reader.size = 0 then end_of_file
  else
    let c = Bytes.unsafe_get reader.buffer reader.position in
    if c = end_of_file then malformed reader "unexpected character '\\000'" else c

(* Go past the next character, which [peek] has seen and is not the end. *)
let skip reader =
  if Bytes.unsafe_get reader.buffer reader.position = '\n' then
    reader.line <- reader.line + 1;
  reader.position <- reader.position + 1

(* The next character that is no blank; the end of a line is none. *)
let rec next reader =
  match peek reader with
  | ' ' | '\t' | '\r' -> skip reader; next reader
  | c -> c

let rec skip_line reader =
  match peek reader with
  | c when c = end_of_file -> ()
  | '\n' -> skip reader
  | _ -> skip reader; skip_line reader

let unexpected reader expected =
  let found =
    match peek reader with
    | c when c = end_of_file -> "the file ends"
    | '\n' -> "the line ends"
    | c -> Printf.sprintf "there is a character %C" c
  in
  malformed reader (Printf.sprintf "%s where %s is expected" found expected)

(* The end of a word has come. *)
let ended reader =
  match peek reader with
  | ' ' | '\t' | '\r' | '\n' -> ()
  | c when c = end_of_file -> ()
  | _ -> unexpected reader "a blank"

let largest = (max_int - 9) / 10

let rec digits reader value =
  match peek reader with
  | '0' .. '9' as c ->
      if value > largest then malformed reader "a number is too large";
      skip reader;
      digits reader ((10 * value) + Char.code c - Char.code '0')
  | _ -> ended reader; value

let natural reader expected =
  match next reader with
  | '0' .. '9' -> digits reader 0
  | _ -> unexpected reader expected

let integer reader expected =
  match next reader with
  | '-' ->
      skip reader;
      let value = match peek reader with '1' .. '9' -> digits reader 0 | _ -> 0 in
      if value = 0 then malformed reader "'-' is not followed by a positive number";
      -value
  | _ -> natural reader expected

(* Numbers up to a 0, the last one first. *)
let rec numbers reader expected read =
  match integer reader expected with
  | 0 -> read
  | n -> numbers reader expected (n :: read)

let word reader text =
  ignore (next reader);
  String.iter
    (fun c -> if peek reader = c then skip reader else unexpected reader ("'" ^ text ^ "'"))
    text;
  ended reader

(* Numbers of Lrup, shared: the small ones are in tables *)

let table_size = 1 lsl 16

let double n = XO n
let double_and_one n = XI n

let small =
  let table = Array.make table_size XH in
  for n = 2 to table_size - 1 do
    table.(n) <- (if n land 1 = 0 then double else double_and_one) table.(n / 2)
  done;
  table

let rec positive n =
  if n <= 0 then invalid_arg "positive"
  else if n < table_size then small.(n)
  else if n land 1 = 0 then XO (positive (n / 2))
  else XI (positive (n / 2))

let positive_literals = Array.map (fun n -> Pos n) small
let negative_literals = Array.map (fun n -> Neg n) small

let literal n =
  if n >= table_size then Pos (positive n)
  else if n > 0 then positive_literals.(n)
  else if n > -table_size then negative_literals.(-n)
  else Neg (positive (-n))

let rec number = function
  | XH -> 1
  | XO n -> 2 * number n
  | XI n -> (2 * number n) + 1

(* The two files *)

let rec header reader =
  match next reader with
  | '\n' -> skip reader; header reader
  | 'c' -> skip_line reader; header reader
  | 'p' ->
      word reader "p";
      word reader "cnf";
      let variables = natural reader "the number of variables" in
      let count = natural reader "the number of clauses" in
      if next reader <> '\n' then unexpected reader "the end of the line";
      (variables, count)
  | _ -> unexpected reader "'p cnf'"

let clause reader variables numbers =
  let convert clause n =
    if abs n > variables then
      malformed reader (Printf.sprintf "the variable %d is not one of the %d" (abs n) variables);
    literal n :: clause
  in
  List.fold_left convert [] numbers

(* A clause may go over several lines; comments are lines. *)
let cnf reader =
  let variables, count = header reader in
  let rec go read clauses current =
    match next reader with
    | '\n' -> skip reader; between read clauses current
    | c when c = end_of_file ->
        if current <> [] then malformed reader "the last clause is not ended by 0";
        if read <> count then
          malformed reader
            (Printf.sprintf "the number of clauses is %d, not %d as 'p cnf' says" read count);
        List.rev clauses
    | _ -> (
        match integer reader "a literal" with
        | 0 -> go (read + 1) (clause reader variables current :: clauses) []
        | n -> go read clauses (n :: current))
  and between read clauses current =
    match next reader with
    | 'c' -> skip_line reader; between read clauses current
    | _ -> go read clauses current
  in
  go 0 [] []

let ids reader numbers =
  let convert ids n =
    if n < 0 then malformed reader "a negative id in a deletion";
    positive n :: ids
  in
  List.fold_left convert [] numbers

let refuse id text = raise (Not_verified (Printf.sprintf "step %d: %s" id text))

let hints id numbers =
  let convert hints n =
    if n < 0 then
      refuse id (Printf.sprintf "the hint %d is negative: RAT steps are not supported" n);
    positive n :: hints
  in
  List.fold_left convert [] numbers

let step reader =
  let id = natural reader "the id of a step" in
  if id = 0 then malformed reader "the id of a step is 0";
  let deletes = next reader = 'd' in
  if deletes then word reader "d";
  let first = numbers reader (if deletes then "an id or 0" else "a literal or 0") [] in
  let second = if deletes then [] else numbers reader "a hint or 0" [] in
  (match next reader with
  | c when c = '\n' || c = end_of_file -> ()
  | _ -> unexpected reader "the end of the line");
  let step =
    if deletes then Delete (ids reader first)
    else Add (positive id, List.rev_map literal first, hints id second)
  in
  (id, step)

let reason = function
  | Unknown_hint h -> Printf.sprintf "there is no clause %d, which is a hint" (number h)
  | Useless_hint h ->
      Printf.sprintf "more than one literal is left of clause %d, which is a hint" (number h)
  | Too_few_hints -> "the hints lead to no contradiction"

(* Why the steps may be taken one after the other: see [steps_sound] in Lrup.v. *)
let rec check reader clauses =
  match next reader with
  | '\n' -> skip reader; check reader clauses
  | 'c' -> skip_line reader; check reader clauses
  | c when c = end_of_file -> raise (Not_verified "the empty clause is not derived")
  | _ -> (
      let id, step = step reader in
      match do_step clauses step with
      | Go_on clauses -> check reader clauses
      | Refuted -> ()
      | Refused why -> refuse id (reason why))

let verify cnf_name proof_name =
  let cnf = reading cnf_name cnf in
  reading proof_name (fun reader -> check reader (load cnf))

let () =
  Gc.set { (Gc.get ()) with minor_heap_size = 1 lsl 20; space_overhead = 200 };
  let fail text =
    prerr_endline ("lrup-check: " ^ text);
    exit 2
  in
  match Sys.argv with
  | [| _; cnf_name; proof_name |] -> (
      try
        match verify cnf_name proof_name with
        | () -> print_endline "VERIFIED"
        | exception Not_verified text ->
            print_endline ("NOT VERIFIED: " ^ text);
            exit 1
      with
      | Malformed text | Sys_error text -> fail text
      | Out_of_memory -> fail "out of memory"
      | Stack_overflow -> fail "out of stack")
  | _ -> fail "usage: lrup-check FILE.cnf FILE.lrat"
