{{/* Refuses what would fail half-way: nothing is created then. */}}
{{- define "weft.checks" -}}
{{- with .Values.pool }}
{{- if .create }}
{{- include "weft.checkRange" (dict "key" "pool.cidr" "cidr" .cidr) }}
{{- with .secondCidr }}
{{- include "weft.checkRange" (dict "key" "pool.secondCidr" "cidr" .) }}
{{- end }}
{{- if and .secondCidr (eq (contains ":" .cidr) (contains ":" .secondCidr)) }}
{{- fail (printf "pool.secondCidr %s is of the same family as pool.cidr %s: it is for the other family; make a second IPPool for a second range" .secondCidr .cidr) }}
{{- end }}
{{- end }}
{{- end }}
{{- $ofOperator := list "WEFT_NODE_NAME" "WEFT_POD_NAME" "WEFT_METRICS_ADDRESS" }}
{{- $ofAgent := list "WEFT_NODE_NAME" }}
{{- if .Values.apiServer.host }}
{{- $ofOperator = concat $ofOperator (list "KUBERNETES_SERVICE_HOST" "KUBERNETES_SERVICE_PORT") }}
{{- $ofAgent = concat $ofAgent (list "KUBERNETES_SERVICE_HOST" "KUBERNETES_SERVICE_PORT") }}
{{- end }}
{{- if .Values.agent.heapMegabytes }}
{{- $ofAgent = append $ofAgent "_JAVA_OPTIONS" }}
{{- end }}
{{- include "weft.checkEnv" (dict "key" "operator.extraEnv" "env" .Values.operator.extraEnv "own" $ofOperator) }}
{{- include "weft.checkEnv" (dict "key" "agent.extraEnv" "env" .Values.agent.extraEnv "own" $ofAgent) }}
{{- $installed := lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" "weft-operator" }}
{{- with $installed }}
{{- $by := dig "metadata" "annotations" (dict) $installed }}
{{- $name := index $by "meta.helm.sh/release-name" | default "" }}
{{- $namespace := index $by "meta.helm.sh/release-namespace" | default "" }}
{{- if or (ne $name $.Release.Name) (ne $namespace $.Release.Namespace) }}
{{- fail (printf "Weft is in this cluster already, as release %q in namespace %q: a cluster has one; upgrade that one, or uninstall it first" $name $namespace) }}
{{- end }}
{{- end }}
{{- end }}

{{/* A variable of the chart's own, or one twice: server-side apply refuses it, after half of the rest. */}}
{{- define "weft.checkEnv" -}}
{{- $seen := .own }}
{{- range .env }}
{{- if has .name $seen }}
{{- fail (printf "%s sets %s, which %s already: leave it out" $.key .name (ternary "the chart sets" "it sets" (has .name $.own))) }}
{{- end }}
{{- $seen = append $seen .name }}
{{- end }}
{{- end }}

{{/* A range without host bits: each 16 bits of it, after its prefix length, are 0. */}}
{{- define "weft.checkRange" -}}
{{- $parts := splitList "/" .cidr }}
{{- $address := index $parts 0 }}
{{- $length := index $parts 1 | int }}
{{- $six := contains ":" $address }}
{{- if gt $length (ternary 128 32 $six) }}
{{- fail (printf "%s %s: a prefix length is at most %d" .key .cidr (ternary 128 32 $six)) }}
{{- end }}
{{- $words := list }}
{{- if $six }}
{{- $halves := splitList "::" $address }}
{{- $left := without (splitList ":" (index $halves 0)) "" }}
{{- $right := list }}
{{- if gt (len $halves) 1 }}{{ $right = without (splitList ":" (index $halves 1)) "" }}{{ end }}
{{- range $left }}{{ $words = append $words (printf "0x%s" . | int64) }}{{ end }}
{{- range until (sub 8 (add (len $left) (len $right)) | int) }}{{ $words = append $words 0 }}{{ end }}
{{- range $right }}{{ $words = append $words (printf "0x%s" . | int64) }}{{ end }}
{{- else }}
{{- $octets := splitList "." $address }}
{{- if ne (len $octets) 4 }}{{ fail (printf "%s %s is no range: write it like 10.244.0.0/16 or fd00:244::/48" .key .cidr) }}{{ end }}
{{- $words = list (add (mul 256 (index $octets 0 | int64)) (index $octets 1 | int64)) (add (mul 256 (index $octets 2 | int64)) (index $octets 3 | int64)) }}
{{- end }}
{{- range $i, $word := $words }}
{{- $free := max 0 (min 16 (sub (mul 16 (add $i 1)) $length)) }}
{{- $size := 1 }}
{{- range until ($free | int) }}{{ $size = mul 2 $size }}{{ end }}
{{- if ne (mod $word $size) 0 }}
{{- fail (printf "%s %s has host bits set after its first %d bits: write it like 10.244.0.0/16 or fd00:244::/48" $.key $.cidr $length) }}
{{- end }}
{{- end }}
{{- /* The first 16 bits identify every range that can never be pods'; the schema names them. */}}
{{- $span := 1 }}
{{- range until (max 0 (sub 16 $length) | int) }}{{ $span = mul 2 $span }}{{ end }}
{{- $first := index $words 0 | int64 }}
{{- $last := sub (add $first $span) 1 }}
{{- $never := ternary (list (list 0 0xff "::/8") (list 0xfe80 0xfebf "fe80::/10") (list 0xff00 0xffff "ff00::/8")) (list (list 0 0xff "0.0.0.0/8") (list 0x7f00 0x7fff "127.0.0.0/8") (list 0xa9fe 0xa9fe "169.254.0.0/16") (list 0xe000 0xefff "224.0.0.0/4") (list 0xf000 0xffff "240.0.0.0/4")) $six }}
{{- range $never }}
{{- if and (le $first (index . 1 | int64)) (ge $last (index . 0 | int64)) }}
{{- fail (printf "%s %s overlaps %s, which can never be pods': choose another, such as %s" $.key $.cidr (index . 2) (ternary "fd00:244::/48" "10.244.0.0/16" $six)) }}
{{- end }}
{{- end }}
{{- end }}
